import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyReport } from "../reports/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "bin", "mountproof.js");
const sample = join(root, "suite", "testing", "sample-provider.ts");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** The command line as a user starts it. */
function mountproof(...args: string[]): Promise<Ended> {
  return new Promise((resolve) =>
    execFile(process.execPath, [bin, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    ),
  );
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("mountproof cases --json", () => {
  test("prints one array of id, profile, level, strength, features, title and file", async () => {
    const { stdout, code } = await mountproof("cases", "--json");
    const cases = JSON.parse(stdout) as Record<string, unknown>[];
    expect(code).toBe(0);
    expect(cases.length).toBeGreaterThan(17);
    expect(cases.find(({ id }) => id === "PC-09")).toMatchObject({
      profile: "PROVIDER-GRPC",
      level: "core",
      strength: "must",
      features: expect.arrayContaining(["rotate"]),
      title: expect.any(String),
      file: expect.stringMatching(/^features\/.*\.feature$/),
    });
  });
});

describe("a long answer into a pipe", () => {
  const piped = (command: string): Promise<Ended> =>
    new Promise((resolve) =>
      execFile("/bin/sh", ["-c", command], { cwd: folder, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      ),
    );

  test("is whole, however slowly it is read", async () => {
    const { stdout } = await piped(`'${process.execPath}' '${bin}' cases --json | (sleep 0.3; cat)`);
    expect(stdout.length).toBeGreaterThan(100_000);
    expect(JSON.parse(stdout)).toBeInstanceOf(Array);
  }, 30_000);

  test("is no error for a reader that has seen enough", async () => {
    const { stderr } = await piped(`'${process.execPath}' '${bin}' cases --json | head -c 10`);
    expect(stderr).toBe("");
  }, 30_000);
});

describe("mountproof run --exec", () => {
  const values = { password: "correct horse battery" };

  async function verdictWith(...flags: string[]): Promise<Ended> {
    return await verdictOn("", ...flags);
  }

  async function verdictOn(defect: string, ...flags: string[]): Promise<Ended> {
    const store = await file("store.json", JSON.stringify(values));
    const command = `exec '${process.execPath}' '${sample}' --socket "$SOCKET" --store '${store}' --defect '${defect}'`;
    return await mountproof("run", "--exec", command, "--profile", "PROVIDER-GRPC", "--out", "out", ...flags);
  }

  test("without inputs is inconclusive, with a reason for each skip, and no success", async () => {
    const { code, stdout } = await verdictWith();
    expect(stdout).toMatch(/PROVIDER-GRPC .*: inconclusive/);
    expect(stdout).toContain("needs --parameters FILE");
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^\d+ passed, 0 failed, [1-9]\d* skipped$/);
    expect(code).not.toBe(0);
    const report = verifyReport(await readFile(join(folder, "out", "report.yaml"), "utf8"));
    expect(report.valid).toBe(true);
  }, 60_000);

  test("with all inputs is conformant", async () => {
    const { code, stdout } = await verdictWith(
      "--parameters",
      await file("parameters.yaml", "objects: password"),
      "--missing",
      await file("missing.yaml", "objects: absent"),
      "--secret-values",
      await file("values.yaml", `password: ${values.password}`),
      "--rotate",
      `echo '{"password":"a wholly new value"}' > store.json`,
    );
    expect(stdout).toMatch(/PROVIDER-GRPC .*: conformant/);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^18 passed, 0 failed, 0 skipped$/);
    expect(code).toBe(0);
  }, 60_000);

  test("a provider whose log shows a secret meets its cases, and is not conformant for one finding", async () => {
    const parameters = await file("parameters.yaml", "objects: password");
    const secrets = await file("values.yaml", `password: ${values.password}`);
    const inputs = ["--parameters", parameters, "--secret-values", secrets];
    const { code, stdout } = await verdictOn("prints-secrets", ...inputs);
    expect(stdout).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/m);
    expect(stdout).toMatch(/PROVIDER-GRPC subject: not conformant, a secret showed in a log/);
    const verified = verifyReport(await readFile(join(folder, "out", "report.yaml"), "utf8"));
    expect(verified.valid && verified.report.findings).toMatchObject([
      {
        kind: "secret-shown",
        message: expect.stringMatching(
          /^secret value \(raw\) showed in the log of the provider: line \d+ of logs\/subject.log, while PC-\d+ ran, \d+ lines in all$/,
        ),
        fails: true,
      },
    ]);
    expect(code).toBe(1);
  }, 60_000);

  test("what follows from one defect is told as such, and counted all the same", async () => {
    const parameters = await file("parameters.yaml", "objects: password");
    const { code, stdout } = await verdictOn("no-versions", "--parameters", parameters);
    expect(stdout).toMatch(/^! 10 of 11 failures follow from PC-04: mend that one first$/m);
    expect(stdout).toMatch(/^\d+ passed, 11 failed, \d+ skipped$/m);
    expect(stdout).toMatch(/PC-17 .*\n {4}follows from PC-04, at: Then no object id appears twice\n/);
    expect(code).toBe(1);
  }, 60_000);

  test("what it printed before anybody knew it to be secret does not stay in its kept log", async () => {
    const parameters = await file("parameters.yaml", "objects: password");
    const { stdout } = await verdictOn("prints-secrets", "--parameters", parameters, "--order", "defined");
    expect(stdout).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/m);
    const log = await readFile(join(folder, "out", "logs", "subject.log"), "utf8");
    expect(log).toContain("read password: ***mounted value***");
    expect(log).not.toContain(values.password);
  }, 60_000);
});

describe("mountproof run without room", () => {
  const shell = (line: string, env: Record<string, string> = {}): Promise<Ended> =>
    new Promise((resolve) =>
      execFile("/bin/sh", ["-c", line], { cwd: folder, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      ),
    );
  const run = `exec '${process.execPath}' '${bin}' run --exec 'exec sleep 60' --ready-within 1 --id PC-11 --out full`;

  test("a report that finds no room on the disk is an error of its folder, and no case's", async () => {
    // A file may have 4 KiB, as if the disk had no more; what is cut is no report.
    const line = `exec '${process.execPath}' '${bin}' run --id PC-11 --workers 1 --out full`;
    const { code, stdout, stderr } = await shell(`ulimit -f 8; ${line}`);
    expect(stderr).toMatch(/^error: the report cannot be written to ".*full": EFBIG/);
    expect(stdout).not.toContain("EFBIG");
    expect(code).toBe(3);
  }, 60_000);

  test("a folder of somebody else's logs is no place for a report, and keeps them", async () => {
    await mkdir(join(folder, "theirs", "logs"), { recursive: true });
    await writeFile(join(folder, "theirs", "logs", "app.log"), "precious");
    const { code, stderr } = await mountproof("run", "--exec", "true", "--id", "PC-11", "--out", "theirs");
    expect(stderr).toMatch(/the report cannot be written to ".*theirs": its folder "logs" is of no earlier report/);
    expect(code).toBe(3);
    expect(await readFile(join(folder, "theirs", "logs", "app.log"), "utf8")).toBe("precious");
  }, 60_000);

  test("an earlier report is there until the next one is, and then gone with its logs", async () => {
    const out = join(folder, "earlier");
    await mkdir(join(out, "logs"), { recursive: true });
    for (const name of ["messages.ndjson", "report.yaml", "report.html", "junit.xml", "logs/subject.log", "notes.txt"])
      await writeFile(join(out, name), "earlier");
    const held = async (): Promise<string[]> => (await readdir(out, { recursive: true })).toSorted();
    const before = await held();
    const cannot = await shell(run.replace("--out full", "--out earlier"));
    expect(cannot.stderr).toContain("did not answer on a socket");
    expect(cannot.code).toBe(3);
    expect(await held()).toEqual(before);
    expect(await readFile(join(out, "report.yaml"), "utf8")).toBe("earlier");
    const can = await mountproof("run", "--id", "CSI-01", "--workers", "1", "--out", "earlier");
    expect(can.stdout).toContain("1 passed");
    expect(verifyReport(await readFile(join(out, "report.yaml"), "utf8")).valid).toBe(true);
    expect(await held()).toEqual(before.filter((name) => name !== "logs/subject.log"));
    expect(await readFile(join(out, "notes.txt"), "utf8")).toBe("earlier");
  }, 60_000);

  test("a waiver of a case that is not there is refused", async () => {
    const waivers = await file("waivers.yaml", "- case: PC-99\n  reason: known\n");
    const { code, stderr } = await mountproof("run", "--exec", "true", "--id", "PC-11", "--waivers", waivers);
    expect(stderr).toMatch(/--waivers ".*waivers\.yaml" waives "PC-99", and there is no such case/);
    expect(code).toBe(3);
  }, 60_000);

  test("a folder whose path is too long for a socket is not the provider's fault", async () => {
    const long = join(folder, "x".repeat(80));
    await mkdir(long);
    const { code, stderr } = await shell(run, { TMPDIR: long });
    expect(stderr).toMatch(/would have a path of \d+ bytes.*\n.*set TMPDIR/);
    expect(code).toBe(3);
  }, 60_000);
});

describe("mountproof run --provider", () => {
  test("judges a store's provider as a program, with its vendor's flags", async ({ skip }) => {
    if (process.getuid?.() !== 0) skip("a program's account files need a mount namespace of its own: run as root");
    const program = await file("provider.sh", `#!/bin/sh\nexec '${bin}' provider aws --behaviour=upstream "$@"\n`);
    await chmod(program, 0o755);
    const cases = ["--id", "A18", "A29", "--behaviour", "upstream-1.6"];
    const { stdout } = await mountproof("run", "--provider", `aws=${program}`, ...cases, "--out", "aws", "--plain");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("2 passed, 0 failed, 0 skipped");
  }, 60_000);
});

describe("bad input", () => {
  test.each([
    [["run", "--exec", "./no-such-provider"], /no-such-provider/, 3],
    [["run", "--exec", "exit 5"], /the provider ended with status 5 before it answered/, 3],
    [["run", "--driver", "/bin/true", "--id", "CSI-01"], /the driver ended with status 0 before it served/, 3],
    [["run", "--exec", "true", "--driver", "x"], /--exec and --driver name two subjects/, 3],
    [["run", "--exec", "true", "--rotate", " "], /--rotate names no command/, 3],
    [["run", "--exec", "true", "--answer-within", "0"], /--answer-within "0" is not a whole number/, 3],
    [["run", "--target", "tcp:1"], /--target "tcp:1" is not unix:PATH/, 3],
    [["run", "--exec", "true", "--parameters", "absent.yaml"], /--parameters "absent\.yaml" cannot be read/, 3],
    [["e2e", "--seed", "-1"], /--seed "-1" is not a whole number/, 3],
    [["e2e", "--profile", "PROVIDER-X"], /there is no profile "PROVIDER-X"/, 3],
    [["e2e", "--id", "PC-99"], /PC-99/, 3],
    [["e2e", "--no-such-flag"], /--no-such-flag/, 3],
    [["run", "--provider", "vault=./nothing"], /the provider vault "\.\/nothing" is not there/, 3],
    [
      ["run", "--provider", "oracle=x"],
      /--provider "oracle=x" is not STORE=PATH with a store of: aws, azure, gcp, vault/,
      3,
    ],
    [
      ["run", "--provider", "aws=/bin/true", "--id", "A18"],
      /provider "aws=\/bin\/true" ended with .* while it started|--provider runs a program with mounts of its own/,
      3,
    ],
    [["run", "--driver", "."], /the driver "\." is no file/, 3],
    [["nonsense"], /nonsense/, 3],
  ])(
    "%j is one clear error that names the culprit",
    async (args, message, code) => {
      const ended = await mountproof(...args);
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr).not.toMatch(/^\s+at /m);
      expect(ended.code).toBe(code);
    },
    30_000,
  );
});

import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const bin = join(fileURLToPath(new URL("..", import.meta.url)), "bin", "mountproof.js");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-tiers-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Ended = { readonly code: number; readonly stderr: string };

/** The command line where no program but Node's own is found. */
function mountproof(...args: string[]): Promise<Ended> {
  const env = { ...process.env, PATH: join(folder, "no-programs"), MOUNTPROOF_NODE_CHOSEN: "1" };
  return new Promise((resolve) =>
    execFile(process.execPath, [bin, ...args], { cwd: folder, env }, (error, _stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stderr }),
    ),
  );
}

describe("tiers that cannot run", { timeout: 60_000 }, () => {
  test("a context that points at production is not even asked for its version", async () => {
    let asked = 0;
    const server = createServer((_, answer) => {
      asked++;
      answer.end("{}");
    }).listen(0);
    const { port } = server.address() as AddressInfo;
    const kubeconfig = join(folder, "production");
    await writeFile(
      kubeconfig,
      JSON.stringify({
        "current-context": "prod-eu",
        clusters: [{ name: "c", cluster: { server: `http://localhost:${port}` } }],
        users: [{ name: "u", user: { token: "t" } }],
        contexts: [{ name: "prod-eu", context: { cluster: "c", user: "u" } }],
      }),
    );
    const { code, stderr } = await mountproof("run", "--kubeconfig", kubeconfig, "--id", "GUIDE-01");
    expect(stderr).toContain('the context "prod-eu" at http://localhost');
    expect(stderr).toContain("--context prod-eu --yes");
    expect(code).toBe(3);
    expect(asked).toBe(0);
    server.close();
  });

  test("E2 without Docker and kind says what is missing, and leaves nothing behind", async () => {
    const { code, stderr } = await mountproof("run", "--tier", "E2", "--id", "GUIDE-01");
    expect(stderr).toContain('tier E2 cannot run here: the program "docker" is not installed');
    expect(code).toBe(3);
    expect((await readdir(folder)).filter((name) => name !== "production")).toEqual([]);
  });

  test("E1 with a vendor's provider and no emulator of its store says so; with a driver it says why not", async () => {
    const given = await mountproof("run", "--tier", "E1", "--provider", "aws=/bin/true", "--stores-by", "programs");
    expect(given.stderr).toContain(
      'tier E1 cannot run here with aws=/bin/true: no emulator of aws can be run here: moto cannot be run: there is no program "moto_server"',
    );
    expect(given.code).toBe(3);
    const google = await mountproof("run", "--tier", "E1", "--provider", "gcp=/bin/true", "--stores-by", "programs");
    expect(google.stderr).toContain("no emulator of gcp checks what its provider is asked for");
    const driver = await mountproof("run", "--tier", "E1", "--driver", "/bin/true");
    expect(driver.stderr).toContain("drivers meet no store: tier E0 covers them");
    expect(driver.code).toBe(3);
  });

  test("E3 without a kubeconfig, and flags of a cluster without one, are told", async () => {
    const none = await mountproof("run", "--tier", "E3");
    expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining("no --kubeconfig names one") });
    const stray = await mountproof("run", "--yes");
    expect(stray).toMatchObject({ code: 3, stderr: expect.stringContaining("--yes speaks of a cluster") });
  });
});

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock } from "../core/index.ts";
import type { JournalEntry } from "../net/journal.ts";
import { roundsOf } from "./agreement.ts";

const MAIN = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));
/** Five Node processes start in turn; a busy machine takes its time. */
const PATIENCE_MS = 180_000;
const clock = new RealClock();
let parent: string;
beforeEach(async () => {
  // Short: the longest socket below it has to fit into 107 bytes.
  parent = await mkdtemp(join(tmpdir(), "p-"));
});
afterEach(() => rm(parent, { recursive: true }));

const run = (...flags: string[]) =>
  spawn(process.execPath, [MAIN, "run", "--plain", "--out", join(parent, "out"), ...flags], {
    env: { ...process.env, TMPDIR: parent },
    stdio: ["ignore", "pipe", "pipe"],
  });

async function journalOf(id: string, ...flags: string[]): Promise<JournalEntry[]> {
  // The real providers fetch one object after the other: a hardened one's reads are under way at once, in no order.
  const one = run("--id", id, "--behaviour", "upstream-1.6", "--keep-journals", ...flags);
  const [[code], said] = await Promise.all([once(one, "exit"), text(one.stdout)]);
  expect(said).toMatch(/^1 passed, 0 failed, 0 skipped$/m);
  expect(code).toBe(0);
  const lines = (await readFile(join(parent, "out", "journals", `${id}.ndjson`), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as JournalEntry);
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream)).toString();
}

/** Programs of this run that are still there, by what they were started with. */
function programs(): Promise<string[]> {
  return new Promise((resolve, reject) =>
    execFile("ps", ["-eo", "args"], (error, stdout) => {
      if (error !== null) return reject(error);
      resolve(stdout.split("\n").filter((line) => line.includes(parent) && /mountproof\.js \w/.test(line)));
    }),
  );
}

test("a case with its parts as processes makes the same calls as in one process", {
  timeout: PATIENCE_MS,
}, async () => {
  const inProcess = roundsOf(await journalOf("GUIDE-04"));
  const apart = roundsOf(await journalOf("GUIDE-04", "--processes"));
  expect(Object.fromEntries(apart)).toEqual(Object.fromEntries(inProcess));
  expect([...apart.keys()]).toEqual([
    "changes at apiserver by system:serviceaccount:kube-system:secrets-store-csi-driver",
    "csi at driver",
    "csi at kubelet/node-0",
    "provider at provider/vault-csi-provider",
    "registration at kubelet/node-0",
    "store at fake/vault",
  ]);
  expect(apart.get("store at fake/vault")?.[1]).toEqual([
    "POST /v1/auth/kubernetes/login 200",
    "GET /v1/secret/data/myapp/database 200",
    "GET /v1/secret/data/myapp/api 200",
  ]);
});

test.for(["SIGINT", "SIGKILL"] as const)(
  "%s while the parts run leaves no process, mount or folder behind",
  { timeout: PATIENCE_MS },
  async (signal) => {
    const one = run("--id", "GUIDE-01", "--processes");
    const ended = once(one, "close");
    const complaints = text(one.stderr);
    // The provider is the last to start: when its socket is there, every part runs.
    while (!hasSocket(parent)) {
      expect(one.exitCode).toBeNull();
      await clock.sleep(50);
    }
    expect((await programs()).length).toBeGreaterThanOrEqual(4);
    one.kill(signal);
    const [code] = await ended;
    if (signal === "SIGINT") {
      expect(await complaints).toBe("error: the run was interrupted\n");
      expect(code).toBe(130);
    }
    // After a kill the lifeline does it, as soon as it notices.
    while (signal === "SIGKILL" && (await programs()).length > 0) await clock.sleep(50);
    expect(await programs()).toEqual([]);
    while (signal === "SIGKILL" && readdirSync(parent).some((name) => name.startsWith("mountproof-")))
      await clock.sleep(50);
    expect(readdirSync(parent).filter((name) => name.startsWith("mountproof-"))).toEqual([]);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(parent);
  },
);

function hasSocket(folder: string): boolean {
  return readdirSync(folder)
    .filter((name) => name.startsWith("mountproof-"))
    .some((name) => existsSync(join(folder, name, "case1", "c", "node-0", "providers", "vault.sock")));
}

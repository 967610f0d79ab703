import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const script = fileURLToPath(new URL("bats.ts", import.meta.url));
let folder: string;
let bin: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-bats-"));
  bin = join(folder, "bin");
  await mkdir(bin);
  await mkdir(join(folder, "suite"));
  await mkdir(join(folder, "tmp"));
  await writeFile(join(folder, "suite", "one.bats"), "");
  // What the suite would need besides the cluster is not what these tests are about.
  for (const name of ["jq", "envsubst", "openssl", "helm", "kubectl", "bats"]) await program(name, "exit 0");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = (name: string, lines: string): Promise<void> =>
  writeFile(join(bin, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });

/** What has ended but was not asked for its exit code yet does not live. */
const lives = async (pid: number): Promise<boolean> =>
  /\) [^ZX] /.test(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));

function start(...args: string[]): { child: ChildProcess; said: () => string; ended: Promise<number | null> } {
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env["PATH"]}`,
    TMPDIR: join(folder, "tmp"),
    MOUNTPROOF_UPSTREAM_SUITE: join(folder, "suite"),
    MOUNTPROOF_HELM: join(bin, "helm"),
    MOUNTPROOF_KUBECTL: join(bin, "kubectl"),
  };
  const child = spawn(process.execPath, [script, ...args, "one.bats"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      text += String(chunk);
    });
  return { child, said: () => text, ended: new Promise((resolve) => child.once("close", (code) => resolve(code))) };
}

test("Ctrl-C ends bats with all that it has started, and the cluster", { timeout: 60_000 }, async () => {
  const pids = join(folder, "pids");
  await program("bats", `sleep 600 & echo $! > ${pids}.new; mv ${pids}.new ${pids}; echo 1..1; wait`);
  const { child, said, ended } = start();
  await vi.waitUntil(() => said().includes("1..1"), { timeout: 50_000 });
  const pid = Number(await readFile(pids, "utf8"));
  expect(await lives(pid)).toBe(true);
  child.kill("SIGINT");
  child.kill("SIGINT");
  expect(await ended).toBe(1);
  expect(said()).toBe("1..1\nstopped: the suite did not run to its end\n0 passed, 1 failed, 0 skipped\n");
  expect(await lives(pid)).toBe(false);
  expect((await readdir(join(folder, "tmp"))).filter((name) => name.startsWith("mountproof-"))).toEqual([]);
});

test.each([
  ["nosuch.yaml", undefined, 'error: --images "nosuch.yaml" cannot be read: ENOENT'],
  ["mine.yaml", "images: [{image: a, run: b}]", 'mine.yaml" is no table of images: images.0: Unrecognized key: "run"'],
])("--images %s with %j is one error, and nothing is started", async (name, text, why) => {
  if (text !== undefined) await writeFile(join(folder, "suite", name), text);
  const { said, ended } = start("--images", name);
  expect(await ended).toBe(1);
  expect(said()).toContain(why);
  expect(said()).toMatch(/\n0 passed, 1 failed, 0 skipped\n$/);
});

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Scope } from "../core/index.ts";
import { createRunFolder } from "./run-folder.ts";

const MAIN = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));

test("a mount left in the run's folder does not outlive the run", async (context) => {
  if (process.getuid?.() !== 0) return context.skip("making a mount needs root");
  const parent = await mkdtemp(join(tmpdir(), "mp-parent-"));
  const scope = new Scope("run");
  const { path } = await createRunFolder(scope, parent);
  const target = join(path, "case1", "mount");
  await mkdir(target, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", target], { stdio: "ignore" });
  } catch {
    await scope[Symbol.asyncDispose]();
    return context.skip("this machine does not let us mount");
  }
  await scope[Symbol.asyncDispose]();
  expect(existsSync(path)).toBe(false);
  await rm(parent, { recursive: true });
});

/** The run and its workers load the steps before the first case; a busy machine takes its time. */
const timeout = 120_000;

test.for(["SIGINT", "SIGTERM"] as const)(
  "%s in the middle of a case leaves nothing behind",
  { timeout },
  async (signal) => {
    const parent = await mkdtemp(join(tmpdir(), "mp-parent-"));
    const out = join(parent, "report");
    const run = spawn(process.execPath, [MAIN, "e2e", "--plain", "--profile", "DRIVER-NODE", "--out", out], {
      env: { ...process.env, TMPDIR: parent },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(run, "close");
    let printed = "";
    let told = "";
    run.stderr.on("data", (chunk: Buffer) => {
      told += chunk.toString();
    });
    // The third result: the next case has begun and holds its folder, its sockets and often its mount.
    await new Promise<void>((resolve) => {
      run.stdout.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.split("\nok ").length > 3) resolve();
      });
      void ended.then(() => resolve());
    });
    run.kill(signal);
    const [code] = await ended;
    expect(told).toBe("error: the run was interrupted\n");
    expect(code).toBe(130);
    expect((await readdir(parent)).filter((name) => name.startsWith("mountproof-"))).toEqual([]);
    await rm(parent, { recursive: true });
  },
);

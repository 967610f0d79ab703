import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock } from "../core/index.ts";

const MAIN = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));
const SAMPLE = fileURLToPath(new URL("./testing/sample-provider.ts", import.meta.url));
/** Node processes load the steps; a busy machine takes its time. */
const timeout = 180_000;
const clock = new RealClock();
const LOOK_MS = 25;
let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "k-"));
  await mkdir(join(parent, "out"));
  await writeFile(join(parent, "out", "report.yaml"), "earlier");
});
afterEach(() => rm(parent, { recursive: true }));

/** Starts a run whose processes are told by their TMPDIR, and kills it without a word once `isUnderWay`. */
async function killed(flags: readonly string[], isUnderWay: (printed: string) => boolean): Promise<void> {
  const run = spawn(process.execPath, [MAIN, "run", "--plain", "--out", join(parent, "out"), ...flags], {
    env: { ...process.env, TMPDIR: parent },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(run, "close");
  let printed = "";
  run.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  while (!isUnderWay(printed) && run.exitCode === null) await clock.sleep(LOOK_MS);
  expect([run.exitCode, printed]).toEqual([null, printed]);
  run.kill("SIGKILL");
  await ended;
}

/** Processes that this run has started, whoever is their parent by now. */
async function processes(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found: string[] = [];
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(`TMPDIR=${parent}`))
      found.push(`${pid} ${await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")}`);
  }
  return found;
}

/** All that is left; the lifelines do their work after the run's end, each by itself. */
async function nothingLeft(): Promise<void> {
  const left = async (): Promise<string[]> => [
    ...(await processes()),
    ...(await readdir(parent)).filter((name) => name.startsWith("mountproof-")),
    ...(await readdir(join(parent, "out"))).filter((name) => name !== "report.yaml"),
    ...(await readFile("/proc/mounts", "utf8")).split("\n").filter((line) => line.includes(parent)),
  ];
  while ((await left()).length > 0) await clock.sleep(LOOK_MS);
  expect(await readFile(join(parent, "out", "report.yaml"), "utf8")).toBe("earlier");
}

test("kill -9 of a run with workers leaves no process, no folder, no mount and the earlier report", {
  timeout,
}, async ({ skip }) => {
  if (!existsSync("/proc/self/environ")) return skip("there is no /proc");
  // The third result: each worker is in the middle of a chunk, with its folder, its sockets and often its mount.
  const flags = ["--profile", "DRIVER-NODE", "--workers", "2"];
  await killed(flags, (printed) => printed.split("\nok ").length > 3);
  await nothingLeft();
});

test("kill -9 of a run ends the --rotate command with it", { timeout }, async ({ skip }) => {
  if (!existsSync("/proc/self/environ")) return skip("there is no /proc");
  const store = join(parent, "store.json");
  await writeFile(store, '{"password":"correct horse battery"}');
  await writeFile(join(parent, "parameters.yaml"), "objects: password");
  const rotating = join(parent, "rotating");
  await killed(
    [
      ...["--exec", `exec '${process.execPath}' '${SAMPLE}' --socket "$SOCKET" --store '${store}'`, "--id", "PC-09"],
      ...["--ready-within", "120", "--answer-within", "120"],
      ...["--parameters", join(parent, "parameters.yaml"), "--rotate", `touch '${rotating}'; sleep 1000`],
    ],
    () => existsSync(rotating),
  );
  await nothingLeft();
});

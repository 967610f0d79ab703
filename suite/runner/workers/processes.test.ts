import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Report, verifyReport } from "../../../reports/index.ts";

const MAIN = fileURLToPath(new URL("../../../bin/mountproof.js", import.meta.url));
/** Three Node processes load the steps; a busy machine takes its time. */
const timeout = 180_000;
let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "w-"));
});
afterEach(() => rm(parent, { recursive: true }));

type Run = { readonly child: ChildProcess; readonly code: Promise<number>; readonly printed: () => string };

function run(...flags: string[]): Run {
  const child = spawn(process.execPath, [MAIN, "run", "--plain", "--out", join(parent, "out"), ...flags], {
    env: { ...process.env, TMPDIR: parent },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  return { child, code: once(child, "close").then(([code]) => code as number), printed: () => printed };
}

async function reportOf({ code }: Run): Promise<{ code: number; report: Report }> {
  const ended = await code;
  const verified = verifyReport(await readFile(join(parent, "out", "report.yaml"), "utf8"));
  if (!verified.valid) throw new Error(verified.problems.join("; "));
  return { code: ended, report: verified.report };
}

/** The processes of this run, by their parent. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").map(Number);
}

const leftOvers = async (): Promise<string[]> =>
  (await readdir(parent)).filter((name) => name.startsWith("mountproof-"));

test("what two workers report is what one process reports", { timeout }, async () => {
  const ids = ["--id", "CSI-01", "CSI-02", "MNT-01", "MNT-05", "--order", "defined"];
  const shared = await reportOf(run(...ids, "--workers", "2"));
  const alone = await reportOf(run(...ids, "--workers", "1"));
  const shown = ({ report }: typeof alone) =>
    report.cases.map(({ id, status, steps, runs }) => ({ id, status, runs, steps: steps.map(({ text }) => text) }));
  expect(shown(shared)).toEqual(shown(alone));
  expect(shared.report.verdicts).toEqual(alone.report.verdicts);
  expect([shared.code, alone.code]).toEqual([0, 0]);
  const messages = (await readFile(join(parent, "out", "messages.ndjson"), "utf8")).trim().split("\n");
  expect(messages.filter((line) => /^\{"(meta|testRunStarted|testRunFinished)"/.test(line))).toHaveLength(3);
  expect(await leftOvers()).toEqual([]);
});

test("a worker that is killed fails the run, which names the case, and leaves nothing", { timeout }, async () => {
  const started = run("--profile", "DRIVER-NODE", "--workers", "2");
  // Its first results are there: it is in the middle of a chunk.
  while (!started.printed().includes("\nok ")) await once(started.child.stdout as NodeJS.ReadableStream, "data");
  const workers: number[] = [];
  for (const pid of await childrenOf(started.child.pid))
    if ((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes("workers/main")) workers.push(pid);
  expect(workers).toHaveLength(2);
  process.kill(workers[0] as number, "SIGKILL");
  const { code, report } = await reportOf(started);
  expect(code).toBe(1);
  expect(report.findings).toMatchObject([
    {
      kind: "run",
      fails: true,
      // It may not have told of a case yet, though the other worker has.
      message: expect.stringMatching(
        /^worker \d ended (while ([A-Z]+-\S+|its first case) was under way|between two cases): SIGKILL$/,
      ),
    },
  ]);
  const { passed, failed, skipped } = report.summary;
  expect(passed + failed + skipped).toBe(report.cases.length);
  // The lifeline of a worker that died does its work a moment later, by itself.
  while ((await leftOvers()).length > 0) await new Promise((resolve) => setImmediate(resolve));
});

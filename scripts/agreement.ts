/**
 * `npm run agreement`: the cases tagged `@processes`, once with all parts in one process and once with driver, provider,
 * fake and cluster as processes of their own, and whether the parts said the same to each other. Takes three minutes.
 *
 * A case whose calls repeat until a cause is gone repeats them as often as its clock has them: "in kind" says that the
 * same calls came in the same order, another number of times.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JournalEntry } from "../net/journal.ts";
import { roundsOf } from "../suite/agreement.ts";

const MAIN = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));
type Rounds = ReturnType<typeof roundsOf>;

const folder = await mkdtemp(join(tmpdir(), "a-"));
const counts = { passed: 0, failed: 0 };
try {
  await run("together");
  await run("apart", "--processes");
  for (const file of await readdir(join(folder, "together", "journals"))) {
    const [together, apart] = [await roundsIn("together", file), await roundsIn("apart", file)];
    const isSame = text(together) === text(apart);
    const isAlike = isSame || text(firstOf(together)) === text(firstOf(apart));
    counts[isAlike ? "passed" : "failed"]++;
    console.log(`${isSame ? "equal  " : isAlike ? "in kind" : "DIFFERS"} ${file.replace(".ndjson", "")}`);
    if (!isAlike) console.log(`  together ${text(firstOf(together))}\n  apart    ${text(firstOf(apart))}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

/** The real providers fetch one object after the other: a hardened one's reads are under way at once, in no order. */
async function run(name: string, ...flags: string[]): Promise<void> {
  const selection = ["--tags", "@processes", "--behaviour", "upstream-1.6", "--keep-journals", "--plain"];
  const child = spawn(process.execPath, [MAIN, "run", ...selection, "--out", join(folder, name), ...flags], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  // 2: only a part of each profile was selected, so that no verdict is more than inconclusive.
  if (code !== 0 && code !== 2) throw new Error(`the cases do not pass ${name}: exit code ${code}`);
}

async function roundsIn(name: string, file: string): Promise<Rounds> {
  const lines = (await readFile(join(folder, name, "journals", file), "utf8")).trim().split("\n");
  return roundsOf(lines.filter((line) => line !== "").map((line) => JSON.parse(line) as JournalEntry));
}

/** Each kind of call once, in the order of its first coming; kubelet's are told volume by volume as it is. */
function firstOf(rounds: Rounds): Rounds {
  return new Map([...rounds].map(([name, list]) => [name, name.startsWith("csi ") ? list : list.slice(0, 1)]));
}

function text(rounds: Rounds): string {
  return JSON.stringify([...rounds]);
}

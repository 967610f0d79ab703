/**
 * `npm test`: every check of the project, one after the other, so that a failing one does not hide the next.
 * Ends with `N passed, N failed, N skipped`, in which each check of types and lint counts as one.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UNIT_COUNTS_FILE, type UnitCounts } from "./unit-reporter.ts";

/** `remarks` are told again at the end, where a reader of a long log looks. */
type Counts = Omit<UnitCounts, "remarks"> & Partial<UnitCounts>;
type Check = { readonly title: string; run(folder: string): Promise<Counts> };

const verdict = (code: number): Counts => ({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 });

const checks: readonly Check[] = [
  { title: "types", run: async () => verdict(await execute("tsc", ["-p", "."])) },
  {
    title: "lint, format and import rule",
    run: async () => verdict(await execute("biome", ["ci", "--diagnostic-level=error", "."])),
  },
  { title: "units", run: units },
  { title: "features", run: features },
];

async function units(folder: string): Promise<Counts> {
  const file = join(folder, "units.json");
  const reporter = fileURLToPath(new URL("unit-reporter.ts", import.meta.url));
  const code = await execute("vitest", ["run", "--reporter=dot", `--reporter=${reporter}`], undefined, {
    [UNIT_COUNTS_FILE]: file,
  });
  // One that ends before it has counted anything must not hide the checks that follow.
  const told = await readFile(file, "utf8").catch(() => undefined);
  const counts: UnitCounts =
    told === undefined ? { passed: 0, failed: 0, skipped: 0, remarks: [] } : (JSON.parse(told) as UnitCounts);
  if (told !== undefined && (code === 0 || counts.failed > 0)) return counts;
  return { ...counts, failed: 1, remarks: [...counts.remarks, `FAILED: vitest ended with ${code}, see above`] };
}

async function features(): Promise<Counts> {
  const lines: string[] = [];
  const code = await execute(process.execPath, ["bin/mountproof.js", "e2e"], (line) => void lines.push(line));
  const counts = lines
    .map((line) => /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line))
    .findLast((match) => match !== null);
  if (counts === undefined || counts === null) return { passed: 0, failed: 1, skipped: 0 };
  const [passed = 0, failed = 0, skipped = 0] = counts.slice(1).map(Number);
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

function execute(
  command: string,
  args: readonly string[],
  onLine?: (line: string) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const stdio = ["ignore", onLine === undefined ? "inherit" : "pipe", "inherit"] as const;
    const child = spawn(command, args, { stdio: [...stdio], env: { ...process.env, ...env } });
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      process.stdout.write(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine?.(line);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (rest !== "") onLine?.(rest);
      resolve(code ?? 1);
    });
  });
}

const folder = await mkdtemp(join(tmpdir(), "mountproof-check-"));
const total = { passed: 0, failed: 0, skipped: 0 };
const remarks: string[] = [];
try {
  for (const check of checks) {
    console.log(`\n── ${check.title}`);
    const counts = await check.run(folder);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    remarks.push(...(counts.remarks ?? []));
    console.log(`── ${check.title}: ${counts.failed === 0 ? "ok" : `${counts.failed} FAILED`}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (remarks.length > 0) console.log(`\n── units, what did not pass\n${remarks.join("\n")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

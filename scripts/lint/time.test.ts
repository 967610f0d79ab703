import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;

/** A tree of its own with the rule alone: no file of the project stands for what must not be in it. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mountproof-lint-"));
  symlinkSync(join(root, "scripts", "lint", "time.grit"), join(folder, "time.grit"));
  writeFileSync(join(folder, "biome.json"), JSON.stringify({ root: true, plugins: ["./time.grit"] }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The lines of a file that the rule refuses. */
function refused(path: string, source: string): number[] {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  const { bin } = JSON.parse(readFileSync(join(root, "node_modules/@biomejs/biome/package.json"), "utf8")) as {
    readonly bin: { readonly biome: string };
  };
  const program = join(root, "node_modules/@biomejs/biome", bin.biome);
  const { stdout } = spawnSync(process.execPath, [program, "lint", "--reporter=json", path], {
    cwd: folder,
    encoding: "utf8",
  });
  const { diagnostics } = JSON.parse(stdout) as {
    readonly diagnostics: readonly {
      readonly category: string;
      readonly location: { readonly start: { readonly line: number } };
    }[];
  };
  return diagnostics.filter(({ category }) => category === "plugin").map(({ location }) => location.start.line);
}

const READS_THE_SYSTEMS_TIME = `export const now = Date.now();
export const today = new Date();
export const then = new Date(0);
export const timer = setTimeout(() => {}, 1);
export const measured = performance.now();
`;

test("the rule of the injected clock refuses the system's time and timers, and nothing that is given its time", () => {
  expect(refused("driver/part.ts", READS_THE_SYSTEMS_TIME)).toEqual([1, 2, 4, 5]);
});

test.each(["core/clock.ts", "bench/measure.ts", "scripts/tool.ts", "driver/part.test.ts"])(
  "it leaves out %s",
  (path) => {
    expect(refused(path, READS_THE_SYSTEMS_TIME)).toEqual([]);
  },
);

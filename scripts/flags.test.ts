import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bench = fileURLToPath(new URL("../bench/main.ts", import.meta.url));
const said = (flag: string) => spawnSync(process.execPath, [bench, flag], { encoding: "utf8" });

test("--help prints the head of the script's file", () => {
  const { status, stdout } = said("--help");
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^`npm run bench \[-- --json\].*\n.*one object a line: name, value, unit, baseline, ratio\.\n$/,
  );
});

test("a flag that is none is one line, a hint and exit code 3", () => {
  const { status, stderr } = said("--nosuch");
  expect(status).toBe(3);
  expect(stderr).toBe("error: Unknown option '--nosuch'\n  hint: --help tells the flags\n");
});

import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MountproofError } from "../../core/index.ts";
import { type Layout, shownPath } from "../layout.ts";
import type { Catalogue, Problem } from "./case.ts";
import { duplicateIds, parseFeature } from "./parse.ts";

/** Reads every `.feature` file below the features folder; cases in order of file and line. */
export async function loadCatalogue(layout: Layout): Promise<Catalogue> {
  const paths = (await Array.fromAsync(glob("**/*.feature", { cwd: layout.features }))).sort();
  const parts = await Promise.all(
    paths.map(async (path) => {
      const absolute = join(layout.features, path);
      return parseFeature(shownPath(layout, absolute), await readFile(absolute, "utf8"));
    }),
  );
  const cases = parts.flatMap((part) => part.cases);
  return { cases, problems: [...parts.flatMap((part) => part.problems), ...duplicateIds(cases)] };
}

/**
 * @throws MountproofError `invalid_config` naming each problem: a case that cannot be told from another, or that
 * proves nothing, must not be run
 */
export function assertSound(catalogue: Catalogue): void {
  if (catalogue.problems.length === 0) return;
  throw new MountproofError("invalid_config", {
    message: `the catalogue has ${catalogue.problems.length} problem(s):\n${catalogue.problems.map(problemLine).join("\n")}`,
    hint: "every scenario has one id, profile, level and strength, and at least one step",
  });
}

export function problemLine(problem: Problem): string {
  return `  ${problem.file}:${problem.line}: ${problem.message}`;
}

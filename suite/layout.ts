import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Where the parts of the suite lie: in a checkout the sources are run as they are, in the published package
 * everything but the `.feature` files is below `dist/`.
 */
export type Layout = {
  /** The folder of package.json. */
  readonly root: string;
  /** `.ts` in a checkout, `.js` in the package. */
  readonly extension: ".ts" | ".js";
  /** The folder that holds core/, suite/, features/ … as code. */
  readonly code: string;
  /** The folder of the `.feature` files. */
  readonly features: string;
};

/** @param from the URL of a module of the suite; tests give another */
export function layoutOf(from: string = import.meta.url): Layout {
  const file = fileURLToPath(from);
  const extension = file.endsWith(".ts") ? ".ts" : ".js";
  const code = dirname(dirname(file));
  const root = code.endsWith(`${sep}dist`) ? dirname(code) : code;
  return { root, extension, code, features: join(root, "features") };
}

/** The support code to import for the given step files (without folder and ending); `*` means all of them. */
export function supportPaths(layout: Layout, steps: readonly string[]): string[] {
  const folder = join(layout.code, "features");
  const names = steps.includes("*") ? ["*"] : steps;
  return [
    join(folder, `world${layout.extension}`),
    ...names
      .map((name) => join(folder, "steps", `${name}.steps${layout.extension}`))
      .filter((path) => path.includes("*") || existsSync(path)),
  ];
}

/** A path as reports show it: relative to the package, with forward slashes. */
export function shownPath(layout: Layout, path: string): string {
  return relative(layout.root, path).split(sep).join("/");
}

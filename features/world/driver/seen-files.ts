import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

export type SeenFile = { readonly path: string; readonly mode: number; readonly content: Buffer };

/** Files of a volume as a container sees them: through the links at its top, sorted by path. */
export function seenFiles(target: string): SeenFile[] {
  const seen: SeenFile[] = [];
  const walk = (folder: string, prefix: string): void => {
    for (const name of readdirSync(folder)) {
      if (prefix === "" && name.startsWith("..")) continue;
      const path = join(folder, name);
      const real = lstatSync(path).isSymbolicLink() ? join(folder, readlinkSync(path)) : path;
      if (lstatSync(real).isDirectory()) walk(real, `${prefix}${name}/`);
      else seen.push({ path: `${prefix}${name}`, mode: statSync(real).mode & 0o7777, content: readFileSync(real) });
    }
  };
  walk(target, "");
  return seen.sort((a, b) => (a.path < b.path ? -1 : 1));
}

import type { Stats } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { posix } from "node:path";
import { MountproofError } from "../../core/index.ts";

type Kind = "file" | "folder";
type Rule = {
  readonly isNegated: boolean;
  readonly isForFolders: boolean;
  readonly matches: (path: string) => boolean;
};

/** What `helm package` leaves out even where a chart has no `.helmignore`. */
const ALWAYS = "templates/.?*";

/** Says of a path inside a chart whether it stays out of the chart's archive. */
export type ChartIgnore = (path: string, kind: Kind) => boolean;

/**
 * The rules of a chart's `.helmignore`, as Helm reads them: one pattern a line, tried in order.
 * @throws Error naming the line that Helm would refuse
 */
export async function chartIgnoreOf(folder: string): Promise<ChartIgnore> {
  const text = await readFile(posix.join(folder, ".helmignore"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const rules = [...text.replace(/^\uFEFF/, "").split("\n"), ALWAYS].map((line, at) => ruleOf(line.trim(), at + 1));
  return ignoring(rules.filter((rule) => rule !== undefined));
}

function ignoring(rules: readonly Rule[]): ChartIgnore {
  return (path, kind) => {
    for (const { isNegated, isForFolders, matches } of rules) {
      // Helm's own reading of "!": all that it does not match is left out, whatever rules come after it.
      if (isNegated && ((isForFolders && kind === "file") || !matches(path))) return true;
      if (!isNegated && !(isForFolders && kind === "file") && matches(path)) return true;
    }
    return false;
  };
}

function ruleOf(line: string, number: number): Rule | undefined {
  if (line === "" || line.startsWith("#")) return undefined;
  try {
    if (line.includes("**")) throw new Error("double-star (**) syntax is not supported");
    const isNegated = line.startsWith("!");
    const isForFolders = line.endsWith("/");
    const pattern = line.slice(isNegated ? 1 : 0, isForFolders ? -1 : undefined);
    const glob = globOf(pattern.replace(/^\//, ""));
    const isOfName = !pattern.includes("/");
    return { isNegated, isForFolders, matches: (path) => glob.test(isOfName ? posix.basename(path) : path) };
  } catch (cause) {
    throw new Error(`.helmignore line ${number} "${line}": ${(cause as Error).message}`, { cause });
  }
}

/** A pattern of Go's filepath.Match: `*` and `?` stop at slashes, `[a-c]` and `[^a-c]`, `\\` takes what follows as it is. */
function globOf(pattern: string): RegExp {
  const signs = [...pattern];
  const malformed = new Error("syntax error in pattern");
  const literal = (): number => {
    if (signs[0] === "\\") signs.shift();
    const code = signs.shift()?.codePointAt(0);
    if (code === undefined) throw malformed;
    return code;
  };
  const bound = (): number => {
    if (signs[0] === "]" || signs[0] === "-") throw malformed;
    return literal();
  };
  const set = (): string => {
    const isNot = signs[0] === "^";
    if (isNot) signs.shift();
    let inside = "";
    do {
      const from = bound();
      const isRange = signs[0] === "-";
      if (isRange) signs.shift();
      const to = isRange ? bound() : from;
      // Go takes a range that goes backwards for one that holds nothing.
      if (from <= to) inside += `${unit(from)}-${unit(to)}`;
    } while (signs[0] !== "]");
    signs.shift();
    return `[${isNot ? "^" : ""}${inside}]`;
  };
  let text = "";
  while (signs.length > 0) {
    const [first] = signs;
    if (first !== "*" && first !== "?" && first !== "[") {
      text += unit(literal());
      continue;
    }
    signs.shift();
    text += first === "[" ? set() : first === "*" ? "[^/]*" : "[^/]";
  }
  return new RegExp(`^${text}$`, "u");
}

function unit(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

/**
 * The paths of the files that `helm package` puts into a chart's archive, `Chart.yaml` first; links are followed.
 * @throws MountproofError `invalid_argument` for what is neither file nor folder, and for links that lead in a circle
 */
export async function chartFiles(folder: string, isIgnored: ChartIgnore): Promise<string[]> {
  const found: string[] = [];
  const walk = async (path: string, above: readonly string[]): Promise<void> => {
    const here = await realpath(posix.join(folder, path));
    if (above.includes(here)) throw refused(`the chart's folder "${path}" links back to a folder that holds it`);
    for (const name of (await readdir(here)).sort()) {
      const inside = posix.join(path, name);
      const stats = await stat(posix.join(folder, inside));
      const kind = kindOf(stats, inside);
      if (isIgnored(inside, kind)) continue;
      if (kind === "folder") await walk(inside, [...above, here]);
      else found.push(inside);
    }
  };
  await walk("", []);
  // Helm wants to see Chart.yaml first.
  return found.toSorted((a, b) => Number(b === "Chart.yaml") - Number(a === "Chart.yaml") || (a < b ? -1 : 1));
}

function kindOf(stats: Stats, path: string): Kind {
  if (stats.isDirectory()) return "folder";
  if (stats.isFile()) return "file";
  throw refused(`the chart's "${path}" is neither a file nor a folder`);
}

function refused(message: string): MountproofError {
  return new MountproofError("invalid_argument", { message, hint: "leave it out of the chart by its .helmignore" });
}

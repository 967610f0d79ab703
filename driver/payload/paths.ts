import { MountproofError } from "../../core/index.ts";
import type { Rules } from "../behaviour.ts";

const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;

/**
 * What a provider may name a file: upstream's rules in upstream's order (AtomicWriter of Kubernetes plus the
 * driver's own check that a path is clean).
 * @returns why `path` is refused; undefined when it is fine
 */
export function refusalOf(path: string, rules: Rules): string | undefined {
  if (path === "") return 'invalid path: must not be empty: ""';
  if (path.startsWith("/")) return `invalid path: must be relative path: ${path}`;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    return `invalid path: must be less than or equal to ${MAX_PATH_BYTES} characters`;
  const names = path.split("/");
  for (const name of names) {
    if (name === "..") return `invalid path: must not contain '..': ${path}`;
    if (Buffer.byteLength(name) > MAX_NAME_BYTES)
      return `invalid path: filenames must be less than or equal to ${MAX_NAME_BYTES} characters`;
  }
  if (path.startsWith("..")) return `invalid path: must not start with '..': ${path}`;
  if (!isClean(path, names, rules)) return `invalid filepath: ${JSON.stringify(path)}`;
  return undefined;
}

/** Clean as Go's filepath.Clean leaves it, which for the directory itself is "." */
function isClean(path: string, names: readonly string[], rules: Rules): boolean {
  if (path === ".") return rules.has("B6");
  // No file system takes a NUL; upstream finds that out while it writes.
  if (path.includes("\0") && !rules.has("B9")) return false;
  return !names.some((name) => name === "" || name === ".");
}

/**
 * Checks all before any is used: one bad path refuses the whole answer.
 * @throws MountproofError `payload_invalid`
 */
export function checkPaths(paths: Iterable<string>, rules: Rules): void {
  for (const path of paths) {
    const refusal = refusalOf(path, rules);
    if (refusal !== undefined) throw new MountproofError("payload_invalid", { message: refusal });
  }
  if (!rules.has("B9")) checkClashes(new Set(paths));
}

/** A path that is a file here and a directory there cannot be written; said before anything is. */
function checkClashes(paths: ReadonlySet<string>): void {
  for (const path of paths)
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      if (paths.has(parent))
        throw new MountproofError("payload_invalid", {
          message: `invalid path: "${parent}" is both a file and the directory of "${path}"`,
        });
    }
}

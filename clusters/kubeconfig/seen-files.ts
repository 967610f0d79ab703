import { MountproofError } from "../../core/index.ts";
import type { SeenFile } from "../cluster.ts";
import type { ExecInPod, PodContainer } from "./context.ts";

/**
 * Lists files through links, but not below the writer's own folders, whose names begin with two dots. A line each:
 * mode, path and content, the latter two in base64. Whatever has a POSIX shell, find, stat and base64 will do.
 */
const SCRIPT = `cd "$0" || exit 3
find -L . -name '..?*' -prune -o -type f -print | while IFS= read -r file; do
  printf '%s %s ' "$(stat -L -c %a "$file")" "$(printf %s "$file" | base64 | tr -d '\\n')"
  base64 < "$file" | tr -d '\\n'
  echo
done`;

/** @throws MountproofError `not_found` when the container has no such folder */
export async function readFilesBy(exec: ExecInPod, pod: PodContainer, path: string): Promise<SeenFile[]> {
  const { exitCode, stdout, stderr } = await exec(pod, ["sh", "-c", SCRIPT, path]);
  if (exitCode === 0)
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => fileOf(line, path));
  const where = `container "${pod.container}" of pod "${pod.namespace}/${pod.name}"`;
  if (exitCode === 3) throw new MountproofError("not_found", { message: `${where} has no "${path}"` });
  throw new MountproofError("api_status", {
    message: `reading "${path}" in ${where} ended with ${exitCode}: ${stderr}`,
  });
}

function fileOf(line: string, root: string): SeenFile {
  const [mode = "", name = "", content = ""] = line.split(" ");
  const relative = Buffer.from(name, "base64").toString("utf8").replace(/^\.\//, "");
  return {
    path: `${root}/${relative}`,
    mode: Number.parseInt(mode, 8),
    content: Buffer.from(content, "base64"),
  };
}

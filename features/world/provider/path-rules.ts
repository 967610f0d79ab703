/**
 * The rule a file path breaks, in words, or undefined for a path the driver accepts. Pure.
 *
 * The driver checks these before it writes anything (spec "File writing", atomic writer of Kubernetes); `.` passes
 * its checks and then wipes the volume, so a provider must never send it.
 */
export function brokenPathRule(path: string): string | undefined {
  if (path === "") return "must not be empty";
  if (path === ".") return 'must not be "."';
  if (path.startsWith("/")) return "must be a relative path";
  if (Buffer.byteLength(path) > 4096) return "must have at most 4096 bytes";
  const elements = path.split("/");
  if (elements.includes("..")) return 'must not contain ".."';
  if (elements.some((element) => Buffer.byteLength(element) > 255)) return "must have file names of at most 255 bytes";
  if (elements[0]?.startsWith("..") === true) return 'must not start with ".."';
  if (elements.some((element) => element === "" || element === "."))
    return 'must be clean: no "./", no "//", no "/" at its end';
  return undefined;
}

import type { ObjectVersion } from "../provider/reply.ts";

/** Whether any id or version differs, or their number does; spaces around them do not count. Pure. */
export function isChanged(current: readonly ObjectVersion[], versions: readonly ObjectVersion[]): boolean {
  const known = new Map(current.map(({ id, version }) => [id, version.trim()]));
  return (
    current.length !== versions.length || versions.some(({ id, version }) => known.get(id.trim()) !== version.trim())
  );
}

import type { Rules } from "../behaviour.ts";

/** The permission every Mount request asks for, 0644; providers that set no mode meant it. */
export const REQUESTED_PERMISSION = 0o644;

const GO_SETUID = 1 << 23;
const GO_SETGID = 1 << 22;
const GO_STICKY = 1 << 20;

/**
 * The file mode that a provider's number becomes. Go keeps setuid and its like in bits of its own, so upstream
 * ignores 04000 but takes -1 for all of them; `hardened` knows the nine permission bits, and 0 as "not said".
 */
export function fileMode(mode: number, rules: Rules): number {
  const permissions = mode & 0o777;
  const known = permissions === 0 && !rules.has("B10") ? REQUESTED_PERMISSION : permissions;
  if (!rules.has("raw-modes")) return known;
  return (
    known |
    ((mode & GO_SETUID) !== 0 ? 0o4000 : 0) |
    ((mode & GO_SETGID) !== 0 ? 0o2000 : 0) |
    ((mode & GO_STICKY) !== 0 ? 0o1000 : 0)
  );
}

/** RFC 3339 in UTC with whole seconds, as the API's times are written. */
export function rfc3339(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

/** RFC 3339 with microseconds, for a Lease's times. */
export function rfc3339Micro(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** JSON as Go's encoder writes it: `&`, `<` and `>` escaped, keys of maps sorted by the caller. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[&<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

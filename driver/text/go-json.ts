/** Go's encoding/json escapes these in strings, so that JSON can stand in HTML and in JavaScript. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** A map as Go's json.Marshal writes it: keys in byte order, HTML characters escaped; members of values as given. */
export function goJson(map: Readonly<Record<string, unknown>>): string {
  const members = Object.keys(map)
    .sort(byBytes)
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`);
  return `{${members.join(",")}}`.replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const SURROGATE = /[\ud800-\udfff]/;

/** Orders strings by their UTF-8 bytes, as Go does; JavaScript's own order differs where surrogates take part. */
export function byBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

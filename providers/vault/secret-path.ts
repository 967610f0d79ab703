/** A request's path and query below the address, out of `secretPath`; pure. */
export function requestPath(prefix: string, secretPath: string, objectName: string): string {
  const rooted = withVersion(secretPath);
  const mark = rooted.indexOf("?");
  const plain = mark < 0 ? rooted : rooted.slice(0, mark);
  const query = mark < 0 ? "" : sortedQuery(rooted.slice(mark + 1), rooted, objectName);
  return `${escapePath(cleanPath(`${prefix}${plain}`))}${query === "" ? "" : `?${query}`}`;
}

/** `x`, `/x`, `v1/x` and `/v1/x` are one path. */
function withVersion(path: string): string {
  if (path.startsWith("/v1/")) return path;
  if (path.startsWith("v1/")) return `/${path}`;
  return path.startsWith("/") ? `/v1${path}` : `/v1/${path}`;
}

/** Go's path.Clean of an absolute path. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

const PATH_SIGNS = /[A-Za-z0-9\-_.~$&+,/:;=@]/;
const QUERY_SIGNS = /[A-Za-z0-9\-_.~]/;

function escapePath(path: string): string {
  return percentEncode(path, PATH_SIGNS);
}

function percentEncode(text: string, kept: RegExp): string {
  let escaped = "";
  for (const byte of Buffer.from(text)) {
    const sign = String.fromCharCode(byte);
    escaped += byte < 128 && kept.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

/** Go's url.ParseQuery and Values.Encode: keys sorted, `+` for a blank. */
function sortedQuery(text: string, path: string, objectName: string): string {
  const refuse = (why: string): Error =>
    new Error(
      `failed to parse query parameters from secretPath ${JSON.stringify(path)} for objectName ${JSON.stringify(objectName)}: ${why}`,
    );
  const values = new Map<string, string[]>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    if (part.includes(";")) throw refuse("invalid semicolon separator in query");
    const equals = part.indexOf("=");
    const [key, value] = [equals < 0 ? part : part.slice(0, equals), equals < 0 ? "" : part.slice(equals + 1)].map(
      (one) => {
        const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(one)?.[0];
        if (bad !== undefined) throw refuse(`invalid URL escape ${JSON.stringify(bad)}`);
        return decodeURIComponent(one.replaceAll("+", " "));
      },
    ) as [string, string];
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return [...values.keys()]
    .sort()
    .flatMap((key) =>
      (values.get(key) ?? []).map((value) => `${percentEncode(key, QUERY_SIGNS)}=${percentEncode(value, QUERY_SIGNS)}`),
    )
    .join("&")
    .replaceAll("%20", "+");
}

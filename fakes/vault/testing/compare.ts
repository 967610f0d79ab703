/** Where two answers differ: `path: expected … got …`. Placeholders bind to what stands there, consistently. */
export function differences(expected: unknown, actual: unknown, bindings: Map<string, string>, path = "$"): string[] {
  if (typeof expected === "string") return compareText(expected, actual, bindings, path);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return [differ(path, expected, actual)];
    return expected.flatMap((entry, i) => differences(entry, actual[i], bindings, `${path}[${i}]`));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null || Array.isArray(actual)) return [differ(path, expected, actual)];
    const want = expected as Record<string, unknown>;
    const have = actual as Record<string, unknown>;
    return [...new Set([...Object.keys(want), ...Object.keys(have)])].flatMap((key) => {
      if (VOLATILE.has(key) && typeof want[key] === typeof have[key]) return [];
      if (!(key in want)) return [`${path}.${key}: not expected`];
      if (!(key in have)) return [`${path}.${key}: missing`];
      return differences(want[key], have[key], bindings, `${path}.${key}`);
    });
  }
  return expected === actual ? [] : [differ(path, expected, actual)];
}

/** Drawn or measured anew by every server. */
const VOLATILE: ReadonlySet<string> = new Set(["server_time_utc", "cluster_name", "creation_time", "accessor"]);

const PLACEHOLDER = /<(uid|uuid|time|vault-token|accessor|lease|random|unix-time|serial|pem [^>]+)(?::(\d+))?>/g;

const FORMS: Readonly<Record<string, string>> = {
  uid: "[0-9a-f-]{36}",
  uuid: "[0-9a-f-]{36}",
  time: "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z",
  "vault-token": "(?:hvs\\.|s\\.)?[A-Za-z0-9_.-]+",
  accessor: "[A-Za-z0-9.]+",
  lease: "[A-Za-z0-9]+",
  random: ".+",
};

function compareText(expected: string, actual: unknown, bindings: Map<string, string>, path: string): string[] {
  if (typeof actual !== "string") return [differ(path, expected, actual)];
  const names: string[] = [];
  let pattern = "";
  let from = 0;
  for (const match of expected.matchAll(PLACEHOLDER)) {
    pattern += escapeRegExp(expected.slice(from, match.index));
    const form = FORMS[match[1] ?? ""] ?? "[\\s\\S]+";
    const name = match[2] === undefined ? undefined : match[0];
    const bound = name === undefined ? undefined : bindings.get(name);
    pattern += bound === undefined ? `(${form})` : `(${escapeRegExp(bound)})`;
    names.push(name ?? "");
    from = (match.index ?? 0) + match[0].length;
  }
  pattern += escapeRegExp(expected.slice(from));
  const found = new RegExp(`^${pattern}$`).exec(actual);
  if (found === null) return [differ(path, expected, actual)];
  names.forEach((name, i) => {
    if (name !== "" && found[i + 1] !== undefined) bindings.set(name, found[i + 1] as string);
  });
  return [];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function differ(path: string, expected: unknown, actual: unknown): string {
  return `${path}: expected ${JSON.stringify(expected)} got ${JSON.stringify(actual)}`;
}

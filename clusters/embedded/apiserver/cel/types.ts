/** A type of the Common Expression Language. */
export type CelType =
  | { readonly name: ScalarName }
  | { readonly name: "list"; readonly item: CelType }
  | { readonly name: "map"; readonly key: CelType; readonly value: CelType }
  /** An object whose fields a schema names, those by the names that expressions use. */
  | { readonly name: "object"; readonly fields: ReadonlyMap<string, CelType> }
  | { readonly name: "optional"; readonly item: CelType }
  /** A type of Kubernetes' libraries: kubernetes.Quantity, net.IP. */
  | { readonly name: "opaque"; readonly label: string }
  /** Stands for any type, the same at each place of a signature. */
  | { readonly name: "param"; readonly label: string };

export type ScalarName =
  | "int"
  | "uint"
  | "double"
  | "bool"
  | "string"
  | "bytes"
  | "null_type"
  | "timestamp"
  | "duration"
  | "type"
  | "dyn";

export const DYN: CelType = { name: "dyn" };
export const INT: CelType = { name: "int" };
export const BOOL: CelType = { name: "bool" };
export const STRING: CelType = { name: "string" };

const SCALARS: ReadonlySet<string> = new Set<ScalarName>([
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "bytes",
  "null_type",
  "timestamp",
  "duration",
  "type",
  "dyn",
]);

/** Reads `map(string, list(A))`; a single capital is a parameter, any other name an opaque type. */
export function readType(text: string): CelType {
  const open = text.indexOf("(");
  if (open < 0) {
    if (SCALARS.has(text)) return { name: text as ScalarName };
    return /^[A-Z]$/.test(text) ? { name: "param", label: text } : { name: "opaque", label: text };
  }
  const [first = DYN, second = DYN] = splitArguments(text.slice(open + 1, -1)).map(readType);
  const head = text.slice(0, open);
  if (head === "list") return { name: "list", item: first };
  if (head === "map") return { name: "map", key: first, value: second };
  return { name: "optional", item: first };
}

/** Splits at commas that stand in no brackets. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")") depth--;
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === "" ? parts : [...parts, last];
}

/** As cel-go names a type in its errors. */
export function typeText(type: CelType): string {
  switch (type.name) {
    case "list":
      return `list(${typeText(type.item)})`;
    case "map":
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case "optional":
      return `optional_type(${typeText(type.item)})`;
    case "null_type":
      return "null";
    case "opaque":
    case "param":
      return type.label;
    default:
      return type.name;
  }
}

export type Bindings = Map<string, CelType>;

/** Whether a value of type `actual` can stand where `wanted` is; parameters are bound on the way. */
export function fits(wanted: CelType, actual: CelType, bindings: Bindings): boolean {
  if (wanted.name === "param") {
    const bound = bindings.get(wanted.label);
    if (bound === undefined || bound.name === "dyn") {
      bindings.set(wanted.label, actual);
      return true;
    }
    if (fits(bound, actual, bindings)) return true;
    // The other one may be the wider of the two: list(dyn) and list(int).
    if (!fits(actual, bound, bindings)) return false;
    bindings.set(wanted.label, actual);
    return true;
  }
  if (wanted.name === "dyn" || actual.name === "dyn" || actual.name === "param") return true;
  if (wanted.name !== actual.name) return false;
  switch (wanted.name) {
    case "list":
      return fits(wanted.item, (actual as typeof wanted).item, bindings);
    case "map":
      return (
        fits(wanted.key, (actual as typeof wanted).key, bindings) &&
        fits(wanted.value, (actual as typeof wanted).value, bindings)
      );
    case "optional":
      return fits(wanted.item, (actual as typeof wanted).item, bindings);
    case "opaque":
      return wanted.label === (actual as typeof wanted).label;
    case "object":
      return wanted === actual;
    default:
      return true;
  }
}

/** A type with its parameters replaced by what they were bound to; anything where they were not. */
export function bound(type: CelType, bindings: Bindings): CelType {
  switch (type.name) {
    case "param":
      return bindings.get(type.label) ?? DYN;
    case "list":
      return { name: "list", item: bound(type.item, bindings) };
    case "map":
      return { name: "map", key: bound(type.key, bindings), value: bound(type.value, bindings) };
    case "optional":
      return { name: "optional", item: bound(type.item, bindings) };
    default:
      return type;
  }
}

/** The one type of several values; anything where they differ. */
export function joined(types: readonly CelType[]): CelType {
  const [first = DYN, ...rest] = types;
  return rest.every((type) => typeText(type) === typeText(first) && (type.name !== "object" || type === first))
    ? first
    : DYN;
}

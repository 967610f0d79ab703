import { type GoYaml, GoYamlError, numberOfText, parseGoYaml } from "../../core/go/yaml.ts";

/** What an entry of `objects` says; what it leaves out is empty. */
export type ObjectEntry = {
  objectName: string;
  objectAlias: string;
  objectVersion: string;
  objectVersionLabel: string;
  objectType: string;
  filePermission: string;
  jmesPath: JmesEntry[];
  failoverObject: FailoverEntry;
};

export type JmesEntry = { path: string; objectAlias: string; filePermission: string };
export type FailoverEntry = { objectName: string; objectVersion: string; objectVersionLabel: string };

/**
 * Reads `objects` as the real provider does: YAML made into JSON (sigs.k8s.io/yaml), then read into Go's structs. Keys
 * match in any case; numbers and booleans become text; of a key that stands twice the last counts.
 * @returns null for an entry that is empty
 * @throws Error with the words of those libraries
 */
export function readObjects(text: string): (ObjectEntry | null)[] {
  const root = parse(text);
  if (root === undefined || root.kind === "null") return [];
  const problems = new Problems();
  const entries = problems.list(root, "[]*provider.SecretDescriptor", (item) =>
    item.kind === "null" ? null : entryOf(item, problems),
  );
  if (problems.first !== undefined) throw new Error(`error unmarshaling JSON: while decoding JSON: ${problems.first}`);
  return entries;
}

function parse(text: string): GoYaml | undefined {
  try {
    return parseGoYaml(text);
  } catch (error) {
    if (error instanceof GoYamlError) throw new Error(`error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

function entryOf(node: GoYaml, problems: Problems): ObjectEntry {
  const fields = problems.fields(node, "provider.SecretDescriptor", "SecretDescriptor");
  return {
    objectName: fields.text("objectName"),
    objectAlias: fields.text("objectAlias"),
    objectVersion: fields.text("objectVersion"),
    objectVersionLabel: fields.text("objectVersionLabel"),
    objectType: fields.text("objectType"),
    filePermission: fields.text("filePermission"),
    jmesPath: fields.read("jmesPath", [], (value, place) =>
      problems.list(value, "[]provider.JMESPathEntry", (item) => jmesOf(item, problems, place), place),
    ),
    failoverObject: fields.read("failoverObject", NO_FAILOVER, (value, place) => {
      const inner = problems.fields(value, "provider.FailoverObjectEntry", "FailoverObjectEntry", place);
      return {
        objectName: inner.text("objectName"),
        objectVersion: inner.text("objectVersion"),
        objectVersionLabel: inner.text("objectVersionLabel"),
      };
    }),
  };
}

const NO_FAILOVER: FailoverEntry = { objectName: "", objectVersion: "", objectVersionLabel: "" };

function jmesOf(node: GoYaml, problems: Problems, place: Place): JmesEntry {
  const fields = problems.fields(node, "provider.JMESPathEntry", "JMESPathEntry", place);
  return {
    path: fields.text("path"),
    objectAlias: fields.text("objectAlias"),
    filePermission: fields.text("filePermission"),
  };
}

/** The struct and the field that a value stands in, for messages. */
type Place = { readonly struct: string; readonly field: string };

type Fields = {
  text(name: string): string;
  read<T>(name: string, empty: T, value: (node: GoYaml, place: Place) => T): T;
};

/** Go's decoder goes on after a value that does not fit, and tells of the first. */
class Problems {
  first: string | undefined;

  add(node: GoYaml, type: string, place?: Place): void {
    const into =
      place === undefined ? `value of type ${type}` : `struct field ${place.struct}.${place.field} of type ${type}`;
    this.first ??= `json: cannot unmarshal ${kindOf(node)} into Go ${into}`;
  }

  list<T>(node: GoYaml, type: string, item: (node: GoYaml) => T, place?: Place): T[] {
    if (node.kind === "null") return [];
    if (node.kind === "seq") return node.items.map(item);
    this.add(node, type, place);
    return [];
  }

  fields(node: GoYaml, type: string, struct: string, outer?: Place): Fields {
    const entries = node.kind === "map" ? node.entries : [];
    if (node.kind !== "map" && node.kind !== "null") this.add(node, type, outer);
    const find = (name: string): GoYaml | undefined => {
      const matches = entries.filter(([key]) => key.kind === "scalar" && key.text.toLowerCase() === name.toLowerCase());
      return matches.at(-1)?.[1];
    };
    const placeOf = (name: string): Place => ({ struct, field: outer === undefined ? name : `${outer.field}.${name}` });
    return {
      text: (name) => {
        const value = find(name);
        if (value === undefined || value.kind === "null") return "";
        if (value.kind === "scalar") return textOf(value);
        this.add(value, "string", placeOf(name));
        return "";
      },
      read: (name, empty, value) => {
        const node = find(name);
        return node === undefined || node.kind === "null" ? empty : value(node, placeOf(name));
      },
    };
  }
}

type Scalar = Extract<GoYaml, { kind: "scalar" }>;

const TRUE = /^(true|True|TRUE|y|Y|yes|Yes|YES|on|On|ON)$/;
const FALSE = /^(false|False|FALSE|n|N|no|No|NO|off|Off|OFF)$/;

function isBoolean({ isPlain, text }: Scalar): boolean {
  return isPlain && (TRUE.test(text) || FALSE.test(text));
}

/** Text for a field that takes text: numbers and booleans are read first, by the rules of YAML 1.1. */
function textOf(node: Scalar): string {
  if (isBoolean(node)) return String(TRUE.test(node.text));
  if (node.tag === "!!int") {
    const value = numberOfText(node.text);
    return Number.isSafeInteger(value) ? String(value) : integerText(node.text);
  }
  if (node.tag === "!!float") return floatText(numberOfText(node.text));
  return node.text;
}

/** Beyond 64 bits a whole number is read as a float. */
function integerText(text: string): string {
  const value = BigInt(text.replaceAll("_", "").replace(/^\+/, ""));
  return value >= -(2n ** 63n) && value < 2n ** 64n ? String(value) : floatText(Number(value));
}

/** Go's strconv.FormatFloat(value, 'g', -1, 64). */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  // The shortest form is printed with an exponent from the seventh digit on.
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function kindOf(node: GoYaml): string {
  if (node.kind === "map") return "object";
  if (node.kind === "seq") return "array";
  if (node.kind === "null") return "null";
  if (isBoolean(node)) return "bool";
  return node.tag === "!!int" || node.tag === "!!float" ? "number" : "string";
}

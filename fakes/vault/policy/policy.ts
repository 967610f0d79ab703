import { goString, type JsonValue } from "../../../core/go/json.ts";
import { multierror } from "../framework/errors.ts";
import { parseSeconds } from "../values/duration.ts";
import { type HclItem, type HclObject, type HclValue, parseHcl } from "./hcl.ts";

export type Capability = "create" | "read" | "update" | "delete" | "list" | "sudo" | "deny" | "patch";

const CAPABILITIES: ReadonlySet<string> = new Set([
  "create",
  "read",
  "update",
  "delete",
  "list",
  "sudo",
  "deny",
  "patch",
  // Events and recovery, of later releases: accepted, and never asked for here.
  "subscribe",
  "recover",
]);

/** What `policy = "…"` meant before there were capabilities. */
const OLD_POLICIES: Readonly<Record<string, readonly Capability[]>> = {
  deny: ["deny"],
  read: ["read", "list"],
  write: ["create", "read", "update", "delete", "list"],
  sudo: ["create", "read", "update", "delete", "list", "sudo"],
};

/** One `path` of a policy. */
export type PathRule = {
  /** As written, without a leading slash; templates not filled in. */
  readonly path: string;
  readonly capabilities: ReadonlySet<Capability>;
  readonly allowed?: ParameterRules;
  readonly denied?: ParameterRules;
  readonly required: readonly string[];
  readonly minWrapping: number;
  readonly maxWrapping: number;
};

/** Parameter, in lower case, to the values it may have; none means any. */
export type ParameterRules = ReadonlyMap<string, readonly JsonValue[]>;

const PATH_KEYS: ReadonlySet<string> = new Set([
  "comment",
  "policy",
  "capabilities",
  "allowed_parameters",
  "denied_parameters",
  "required_parameters",
  "min_wrapping_ttl",
  "max_wrapping_ttl",
  "mfa_methods",
  "control_group",
]);

/** Reads an ACL policy, HCL or JSON. Throws Error `failed to parse policy: …` as Vault words it. */
export function parsePolicy(text: string): PathRule[] {
  try {
    const root = parseHcl(text);
    checkKeys(root, new Set(["name", "path"]));
    return blocksOf(root, "path").map(({ label, body }) => readRule(label, body));
  } catch (error) {
    throw new Error(`failed to parse policy: ${(error as Error).message}`);
  }
}

/** `path "x" { … }`, and in JSON `"path": {"x": {…}}` or a list of such. */
function blocksOf(root: HclObject, name: string): { label: string; body: HclObject }[] {
  const blocks: { label: string; body: HclObject }[] = [];
  const take = (keys: readonly string[], value: HclValue): void => {
    if (value.kind === "list") for (const item of value.items) take(keys, item);
    else if (value.kind === "object" && keys.length > 0) blocks.push({ label: keys[0] ?? "path", body: value });
    else if (value.kind === "object" && value.items.every((item) => item.value.kind !== "string"))
      for (const item of value.items) {
        if (item.value.kind === "object" || item.value.kind === "list") take(item.keys, item.value);
        else throw new Error(`path ${goString(item.keys[0] ?? "")}: expected an object`);
      }
    else if (value.kind === "object") blocks.push({ label: "path", body: value });
  };
  for (const item of root.items) if (item.keys[0] === name) take(item.keys.slice(1), item.value);
  return blocks;
}

function checkKeys(object: HclObject, valid: ReadonlySet<string>, prefix = ""): void {
  const errors = object.items
    .filter((item) => !valid.has(item.keys[0] ?? ""))
    .map((item) => `${prefix}invalid key ${goString(item.keys[0] ?? "")} on line ${item.line}`);
  if (errors.length > 0) throw new Error(multierror(errors));
}

function readRule(label: string, body: HclObject): PathRule {
  checkKeys(body, PATH_KEYS, `path ${goString(label)}: `);
  const item = (key: string): HclItem | undefined => body.items.findLast((entry) => entry.keys[0] === key);
  const path = label.replace(/^\//, "");
  if (path.includes("+*")) throw new Error(`path ${goString(path)}: invalid use of wildcards ('+*' is forbidden)`);
  const capabilities = new Set<Capability>();
  const old = textOf(item("policy")?.value);
  if (old !== undefined && old !== "") {
    const meaning = OLD_POLICIES[old];
    if (meaning === undefined) throw new Error(`path ${goString(label)}: invalid policy ${goString(old)}`);
    for (const capability of meaning) capabilities.add(capability);
  }
  for (const capability of textsOf(item("capabilities")?.value)) {
    if (!CAPABILITIES.has(capability))
      throw new Error(`path ${goString(label)}: invalid capability ${goString(capability)}`);
    capabilities.add(capability as Capability);
  }
  const minWrapping = ttlOf(item("min_wrapping_ttl")?.value, "min_wrapping_ttl");
  const maxWrapping = ttlOf(item("max_wrapping_ttl")?.value, "max_wrapping_ttl");
  if (minWrapping !== 0 && maxWrapping !== 0 && maxWrapping < minWrapping)
    throw new Error("max_wrapping_ttl cannot be less than min_wrapping_ttl");
  const allowed = parametersOf(item("allowed_parameters")?.value);
  const denied = parametersOf(item("denied_parameters")?.value);
  return {
    path,
    // Deny stands alone, whatever stands beside it.
    capabilities: capabilities.has("deny") ? new Set(["deny"]) : capabilities,
    ...(allowed === undefined ? {} : { allowed }),
    ...(denied === undefined ? {} : { denied }),
    required: textsOf(item("required_parameters")?.value).map((name) => name.toLowerCase()),
    minWrapping,
    maxWrapping,
  };
}

function textOf(value: HclValue | undefined): string | undefined {
  return value?.kind === "string" ? value.text : undefined;
}

function textsOf(value: HclValue | undefined): string[] {
  if (value === undefined) return [];
  const items = value.kind === "list" ? value.items : [value];
  return items.map((item) => {
    if (item.kind !== "string") throw new Error("expected a list of strings");
    return item.text;
  });
}

function ttlOf(value: HclValue | undefined, name: string): number {
  if (value === undefined) return 0;
  try {
    return parseSeconds(plain(value));
  } catch (error) {
    throw new Error(`error parsing ${name}: ${(error as Error).message}`);
  }
}

function parametersOf(value: HclValue | undefined): ParameterRules | undefined {
  if (value === undefined) return undefined;
  const rules = new Map<string, JsonValue[]>();
  const objects = value.kind === "list" ? value.items : [value];
  for (const object of objects)
    if (object.kind === "object")
      for (const item of object.items) {
        const values = item.value.kind === "list" ? item.value.items.map(plain) : [plain(item.value)];
        rules.set((item.keys[0] ?? "").toLowerCase(), values);
      }
  return rules;
}

function plain(value: HclValue): JsonValue {
  switch (value.kind) {
    case "string":
      return value.text;
    case "list":
      return value.items.map(plain);
    case "object":
      return Object.fromEntries(value.items.map((item) => [item.keys.join("."), plain(item.value)]));
    default:
      return value.value;
  }
}

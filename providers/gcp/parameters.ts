import { checkKeys, type GoYaml, GoYamlProblems, integerOf, parseGoYaml, textOf } from "../../core/go/yaml.ts";
import { messageOf } from "../../core/index.ts";
import { GrpcError, GrpcStatus, type MountRequest, type PodIdentity, podOf, stringMap } from "../kit/index.ts";

/** One entry of `secrets`. */
export type GcpObject = {
  readonly resourceName: string;
  readonly fileName: string;
  readonly path: string;
  /** Undefined where the entry names none: the volume's counts then. */
  readonly mode: number | undefined;
  readonly extractJsonKey: string;
  readonly extractYamlKey: string;
};

/** Whose rights are used: the pod's, the provider's own, or those of a key that came with the pod's Secret. */
export type AuthMode =
  | { readonly kind: "pod" }
  | { readonly kind: "provider" }
  | { readonly kind: "key"; readonly json: string };

export type GcpParameters = {
  readonly permission: number;
  /** undefined stands for an entry that is null. */
  readonly objects: readonly (GcpObject | undefined)[];
  readonly auth: AuthMode;
  readonly pod: PodIdentity;
  readonly attributes: ReadonlyMap<string, string>;
};

/**
 * Reads a Mount request in the real provider's order of checks.
 * @throws GrpcError INVALID_ARGUMENT with its texts
 */
export function parseParameters(request: MountRequest, allowsNodePublishSecret: boolean): GcpParameters {
  const permission = permissionOf(request.permission);
  const attributes = refusing("failed to unmarshal attributes", () => stringMap(request.attributes));
  const secrets = allowsNodePublishSecret
    ? refusing("failed to unmarshal secrets", () => stringMap(request.secrets))
    : new Map<string, string>();
  const auth = authOf(attributes.get("auth") ?? "", secrets.get("key.json"));
  const text = attributes.get("secrets");
  if (text === undefined) throw refusal("missing required 'secrets' attribute");
  const objects = refusing("failed to unmarshal secrets attribute", () => objectsOf(text));
  return { permission, objects, auth, pod: podOf(attributes), attributes };
}

export const MAX_UINT32 = 2 ** 32 - 1;
export const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/** As Go's strconv.ParseUint with base 10 and 32 bits. */
function permissionOf(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > MAX_UINT32) throw refusal(`Unable to parse permissions: ${text}`);
  return value;
}

function authOf(mode: string, key: string | undefined): AuthMode {
  if (mode !== "" && mode !== "pod-adc" && mode !== "provider-adc")
    throw refusal(`unknown auth configuration: ${JSON.stringify(mode)}`);
  if (key !== undefined) {
    if (mode !== "") throw refusal(`attempting to set both nodePublishSecretRef and ${mode} auth`);
    return { kind: "key", json: key };
  }
  return mode === "provider-adc" ? { kind: "provider" } : { kind: "pod" };
}

function objectsOf(text: string): (GcpObject | undefined)[] {
  const root = parseGoYaml(text);
  if (root === undefined || root.kind === "null") return [];
  const problems = new GoYamlProblems();
  checkKeys(root, problems);
  if (root.kind !== "seq") problems.add(root, "[]*config.Secret");
  const objects = root.kind === "seq" ? root.items.map((item) => objectOf(item, problems)) : [];
  problems.check();
  return objects;
}

function objectOf(node: GoYaml, problems: GoYamlProblems): GcpObject | undefined {
  if (node.kind === "null") return undefined;
  if (node.kind !== "map") problems.add(node, "config.Secret");
  const entries = node.kind === "map" ? node.entries : [];
  const find = (name: string): GoYaml | undefined =>
    entries.find(([key]) => key.kind === "scalar" && key.text === name)?.[1];
  const string = (name: string): string => {
    const value = find(name);
    return value === undefined ? "" : (textOf(value, problems) ?? "");
  };
  const mode = find("mode");
  return {
    resourceName: string("resourceName"),
    fileName: string("fileName"),
    path: string("path"),
    mode: mode === undefined ? undefined : modeOf(mode, problems),
    extractJsonKey: string("extractJSONKey"),
    extractYamlKey: string("extractYAMLKey"),
  };
}

function modeOf(node: GoYaml, problems: GoYamlProblems): number | undefined {
  const value = integerOf(node, problems, "int32", MIN_INT32);
  if (value === undefined || value <= MAX_INT32) return value;
  problems.add(node, "int32");
  return undefined;
}

function refusing<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw refusal(`${prefix}: ${messageOf(error)}`);
  }
}

function refusal(message: string): GrpcError {
  return new GrpcError(GrpcStatus.INVALID_ARGUMENT, message);
}

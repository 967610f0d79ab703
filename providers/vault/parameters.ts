import { goJson, type JsonObject, type JsonValue, parseBool, VerbatimNumber } from "../../core/go/index.ts";
import {
  checkKeys,
  type GoYaml,
  GoYamlProblems,
  integerOf,
  numberOfText,
  parseGoYaml,
  textOf,
} from "../../core/go/yaml.ts";
import { type MountRequest, type PodIdentity, permissionOf, podOf, stringMap, tokensOf } from "../kit/index.ts";

/** One entry of `objects`, as parsed: nothing is filled in, since versions are made of it as it stands. */
export type VaultObject = {
  readonly objectName: string;
  readonly secretPath: string;
  readonly secretKey: string;
  readonly method: string;
  /** JSON arguments; null when there are none. */
  readonly secretArgs: JsonObject | null;
  /** An argument that JSON cannot hold, in Go's words. */
  readonly badArgs?: string;
  readonly filePermission: number;
  readonly encoding: string;
};

export type ConnectionParameters = {
  readonly vaultAddress: string;
  readonly vaultNamespace: string;
  readonly authMountPath: string;
  readonly audience: string;
  readonly caCertPath: string;
  readonly caDirectory: string;
  readonly tlsServerName: string;
  readonly clientCertPath: string;
  readonly clientKeyPath: string;
  readonly skipTlsVerify: boolean;
};

export type VaultParameters = {
  readonly roleName: string;
  readonly connection: ConnectionParameters;
  readonly objects: readonly VaultObject[];
  readonly pod: PodIdentity;
  /** ServiceAccount tokens by audience. */
  readonly tokens: ReadonlyMap<string, string>;
  readonly permission: number;
};

/**
 * Reads a Mount request in the real provider's order of checks.
 * @throws Error with its texts, which stand bare before the driver
 */
export function parseParameters(request: MountRequest): VaultParameters {
  const attributes = stringMap(request.attributes);
  const get = (name: string): string => attributes.get(name) ?? "";
  if (attributes.has("vaultKubernetesMountPath") && attributes.has("vaultAuthMountPath"))
    throw new Error("cannot set both vaultKubernetesMountPath and vaultAuthMountPath");
  const skip = attributes.get("vaultSkipTLSVerify");
  const skipTlsVerify = skip === undefined ? false : parseBool(skip);
  const objects = parseObjects(get("objects"));
  const tokens = readTokens(attributes);
  const permission = permissionOf(request.permission);
  if (request.targetPath === "") throw new Error("missing target path field");
  const roleName = get("roleName");
  if (roleName === "") throw new Error("missing 'roleName' in SecretProviderClass definition");
  if (objects.length === 0) throw new Error("no secrets configured - the provider will not read any secret material");
  assertUnique(objects);
  return {
    roleName,
    objects,
    tokens,
    permission,
    pod: podOf(attributes),
    connection: {
      vaultAddress: get("vaultAddress"),
      vaultNamespace: get("vaultNamespace"),
      authMountPath: get("vaultAuthMountPath") || get("vaultKubernetesMountPath"),
      audience: get("audience"),
      caCertPath: get("vaultCACertPath"),
      caDirectory: get("vaultCADirectory"),
      tlsServerName: get("vaultTLSServerName"),
      clientCertPath: get("vaultTLSClientCertPath"),
      clientKeyPath: get("vaultTLSClientKeyPath"),
      skipTlsVerify,
    },
  };
}

function readTokens(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  try {
    return tokensOf(attributes);
  } catch (error) {
    throw new Error(`failed to unmarshal service account tokens: ${(error as Error).message}`);
  }
}

function assertUnique(objects: readonly VaultObject[]): void {
  const seen = new Set<string>();
  const repeated: string[] = [];
  for (const { objectName } of objects) {
    if (seen.has(objectName)) repeated.push(objectName);
    seen.add(objectName);
  }
  if (repeated.length > 0)
    throw new Error(
      `each \`objectName\` within a SecretProviderClass must be unique, but the following keys were duplicated: ${repeated.join(", ")}`,
    );
}

const EMPTY: VaultObject = {
  objectName: "",
  secretPath: "",
  secretKey: "",
  method: "",
  secretArgs: null,
  filePermission: 0,
  encoding: "",
};

function parseObjects(text: string): VaultObject[] {
  const root = parseGoYaml(text);
  if (root === undefined || root.kind === "null") return [];
  const problems = new GoYamlProblems();
  if (root.kind !== "seq") {
    problems.add(root, "[]config.Secret");
    problems.check();
    return [];
  }
  checkKeys(root, problems);
  const objects: VaultObject[] = [];
  for (const item of root.items) {
    if (item.kind === "null") continue;
    if (item.kind === "map") objects.push(objectOf(item, problems));
    else problems.add(item, "config.Secret");
  }
  problems.check();
  return objects;
}

function objectOf(item: Extract<GoYaml, { kind: "map" }>, problems: GoYamlProblems): VaultObject {
  let object = EMPTY;
  for (const [key, value] of item.entries) {
    if (key.kind !== "scalar") continue;
    switch (key.text) {
      case "objectName":
      case "secretPath":
      case "secretKey":
      case "method":
      case "encoding":
        object = { ...object, [key.text]: textOf(value, problems) ?? "" };
        break;
      case "filePermission":
        object = { ...object, filePermission: integerOf(value, problems, "fs.FileMode", 0) ?? 0 };
        break;
      case "secretArgs":
        object = { ...object, ...argumentsOf(value, problems) };
        break;
      default: // unknown keys are ignored
    }
  }
  return object;
}

function argumentsOf(node: GoYaml, problems: GoYamlProblems): Pick<VaultObject, "secretArgs" | "badArgs"> {
  if (node.kind === "null") return { secretArgs: null };
  if (node.kind !== "map") {
    problems.add(node, "map[string]interface {}");
    return { secretArgs: null };
  }
  const bad: string[] = [];
  const secretArgs: JsonObject = {};
  for (const [key, value] of node.entries) if (key.kind === "scalar") secretArgs[key.text] = valueOfNode(value, bad);
  return { secretArgs, ...(bad[0] !== undefined && { badArgs: bad[0] }) };
}

/** A YAML value as Go holds it in an `interface{}` and then writes as JSON. */
function valueOfNode(node: GoYaml, bad: string[]): JsonValue {
  switch (node.kind) {
    case "null":
      return null;
    case "seq":
      return node.items.map((item) => valueOfNode(item, bad));
    case "map": {
      if (node.entries.some(([key]) => key.kind !== "scalar" || key.tag !== "!!str"))
        bad.push("json: unsupported type: map[interface {}]interface {}");
      return Object.fromEntries(
        node.entries.map(([key, value]) => [key.kind === "scalar" ? key.text : "", valueOfNode(value, bad)]),
      );
    }
    case "scalar":
      return scalarOf(node, bad);
  }
}

function scalarOf({ tag, text }: Extract<GoYaml, { kind: "scalar" }>, bad: string[]): JsonValue {
  if (tag === "!!str") return text;
  if (tag === "!!bool") return text.toLowerCase() === "true";
  if (tag === "!!timestamp") return timestamp(text);
  const number = numberOfText(text);
  if (tag === "!!int" && /^\d+$/.test(text) && !Number.isSafeInteger(number)) return new VerbatimNumber(text);
  if (Number.isFinite(number)) return Number.isSafeInteger(number) ? number : new VerbatimNumber(goJson(number));
  bad.push(`json: unsupported value: ${Number.isNaN(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf"}`);
  return null;
}

/** An unquoted date becomes a time, and JSON shows it as RFC 3339. */
function timestamp(text: string): string {
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(text)) {
    const [year = "", month = "", day = ""] = text.split("-");
    return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}T00:00:00Z`;
  }
  const normal = text.replace(/^(\S+)[Tt ]+/, "$1T").replace(/ ?z$/i, "Z");
  return /[Zz]|[-+]\d{1,2}(:\d{2})?$/.test(normal.slice(10)) ? normal : `${normal}Z`;
}

import { parseBool } from "../../core/go/index.ts";
import {
  type MountRequest,
  type PodIdentity,
  type ProviderBehaviour,
  permissionOf,
  podOf,
  stringMap,
} from "../kit/index.ts";
import type { CloudEnvironment } from "./cloud.ts";
import { type AuthConfig, authConfigOf, type IdentityMode } from "./identity/auth-config.ts";
import { type KeyVaultObject, parseObjects } from "./objects.ts";

/** A SecretProviderClass as it was checked, in the order of the real provider's checks. */
export type AzureParameters = {
  readonly keyvaultName: string;
  readonly tenantId: string;
  readonly cloud: CloudEnvironment;
  readonly auth: AuthConfig;
  readonly pod: PodIdentity;
  readonly objects: readonly KeyVaultObject[];
};

/** Finds the cloud of a name, given what `cloudEnvFileName` says. @throws Error */
export type CloudLookup = (name: string, envFile: string) => Promise<CloudEnvironment>;

export type RawRequest = {
  readonly attributes: ReadonlyMap<string, string>;
  /** Undefined where the driver sent `null`. */
  readonly secrets: ReadonlyMap<string, string> | undefined;
  readonly permission: number;
};

/** The three JSON texts of a request. @throws Error with the real provider's words */
export function readRequest(request: MountRequest): RawRequest {
  const attributes = part("attributes", () => stringMap(request.attributes));
  const secrets = part("secrets", () => (request.secrets.trim() === "null" ? undefined : stringMap(request.secrets)));
  const permission = part("file permission", () => permissionOf(request.permission));
  return { attributes, secrets, permission };
}

function part<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`failed to unmarshal ${name}, error: ${(error as Error).message}`);
  }
}

const MODES: readonly IdentityMode[] = ["PodIdentity", "VMManagedIdentity", "AzureTokenProxy"];
const FLAGS = ["usePodIdentity", "useVMManagedIdentity", "useAzureTokenProxy"] as const;

/** @throws Error whose message stands behind `failed to mount objects, error: ` */
export async function parseParameters(
  { attributes, secrets, permission }: RawRequest,
  lookup: CloudLookup,
  behaviour: ProviderBehaviour,
): Promise<AzureParameters> {
  const get = (name: string): string => (attributes.get(name) ?? "").trim();
  const pod = podOf(attributes);
  if (pod.name.trim() === "") throw new Error("pod name is not provided");
  if (pod.namespace.trim() === "") throw new Error("pod namespace is not provided");
  const flags = FLAGS.map((name) => flagOf(name, get(name)));
  if (flags.filter(Boolean).length > 1)
    throw new Error(
      "only one identity mode can be enabled at a time: usePodIdentity, useVMManagedIdentity, or useAzureTokenProxy",
    );
  const keyvaultName = get("keyvaultName");
  if (keyvaultName === "") throw new Error("keyvaultName is not provided");
  const tenantId = get("tenantID") || get("tenantId");
  if (tenantId === "") throw new Error("tenantId is not provided");
  const cloud = await lookup(get("cloudName"), get("cloudEnvFileName"));
  const auth = authConfigOf({
    mode: MODES[flags.indexOf(true)] ?? "None",
    clientId: get("clientID"),
    userAssignedIdentityId: get("userAssignedIdentityID"),
    attributes,
    secrets,
    // Kubernetes 1.36 may deliver tokens among the request's secrets; the real provider does not look there.
    readsTokensFromSecrets: behaviour === "hardened",
  });
  if (get("objects") === "") throw new Error("objects is not set");
  const objects = parseObjects(attributes.get("objects") ?? "", permission, behaviour);
  return { keyvaultName, tenantId, cloud, auth, pod, objects };
}

function flagOf(name: string, text: string): boolean {
  if (text === "") return false;
  try {
    return parseBool(text);
  } catch (error) {
    throw new Error(`failed to parse ${name} flag, error: ${(error as Error).message}`);
  }
}

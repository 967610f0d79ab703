import {
  type MountRequest,
  type PodIdentity,
  type ProviderBehaviour,
  permissionOf,
  podOf,
  stringMap,
  tokensOf,
} from "../kit/index.ts";
import { AUDIENCE } from "./spec.ts";

/** What a Mount asks for, as far as it can be read without asking anybody. */
export type AwsParameters = {
  readonly targetPath: string;
  readonly pod: PodIdentity;
  readonly tokens: ReadonlyMap<string, string>;
  readonly permission: number;
  readonly region: string;
  readonly failoverRegion: string;
  readonly usePodIdentity: string;
  readonly preferredAddressType: string;
  readonly pathTranslation: string;
  readonly objects: string;
};

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";
const FROM_DRIVER = "ensure tokenRequests is configured in CSIDriver";

/**
 * Reads target path, attributes, tokens and permission, in that order.
 * @throws Error with the real provider's words for the first that is no good
 */
export function parseParameters(request: MountRequest, behaviour: ProviderBehaviour): AwsParameters {
  if (request.targetPath === "") throw new Error("Missing mount path");
  const attributes = prefixed("failed to unmarshal attributes, error: ", () => stringMap(request.attributes));
  // From Kubernetes 1.36 on tokens may come in the request's secrets, where the real provider does not look.
  const secrets = behaviour === "hardened" ? secretsOf(request.secrets) : undefined;
  const tokens = tokensIn(attributes, secrets);
  const permission = prefixed("failed to unmarshal file permission, error: ", () => permissionOf(request.permission));
  const text = (name: string): string => attributes.get(name) ?? "";
  return {
    targetPath: request.targetPath,
    pod: podOf(attributes),
    tokens,
    permission,
    region: text("region"),
    failoverRegion: text("failoverRegion"),
    usePodIdentity: text("usePodIdentity"),
    preferredAddressType: text("preferredAddressType"),
    pathTranslation: text("pathTranslation"),
    objects: text("objects"),
  };
}

function secretsOf(text: string): ReadonlyMap<string, string> | undefined {
  try {
    return stringMap(text);
  } catch {
    return undefined; // nothing that names a token
  }
}

function tokensIn(
  attributes: ReadonlyMap<string, string>,
  secrets: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const failed = (why: string): Error => new Error(`CSI token error: ${why} - ${FROM_DRIVER} spec`);
  if (!attributes.get(TOKENS) && !secrets?.get(TOKENS))
    throw failed(`serviceAccount.tokens not provided - ${FROM_DRIVER}`);
  try {
    return tokensOf(attributes, secrets);
  } catch (error) {
    const text = (error as Error).message.replace(/of type map\[string\]struct .*$/s, TOKENS_TYPE);
    throw failed(`failed to parse serviceAccount.tokens: ${text}`);
  }
}

const TOKENS_TYPE = "of type map[string]utils.ServiceAccountToken";

/** Go's strconv.ParseBool; empty is false. @throws Error with the real provider's words */
export function usesPodIdentity(text: string): boolean {
  if (["", "0", "f", "F", "false", "False", "FALSE"].includes(text)) return false;
  if (["1", "t", "T", "true", "True", "TRUE"].includes(text)) return true;
  throw new Error(
    `failed to parse usePodIdentity value, error: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/** The token for STS or for the agent. @throws Error with the real provider's words when there is none */
export function tokenFor(kind: keyof typeof AUDIENCE, tokens: ReadonlyMap<string, string>): string {
  const audience = AUDIENCE[kind];
  const token = tokens.get(audience);
  const prefix = `${kind === "irsa" ? "IRSA" : "Pod Identity"} token extraction failed: token for audience "${audience}"`;
  if (token === undefined)
    throw new Error(`${prefix} not found - ensure tokenRequests includes this audience in CSIDriver`);
  if (token === "") throw new Error(`${prefix} is empty`);
  return token;
}

function prefixed<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${prefix}${error instanceof Error ? error.message : error}`);
  }
}

import { goJsonError, goTokenOf } from "../../../core/go/index.ts";

export type IdentityMode = "None" | "PodIdentity" | "VMManagedIdentity" | "AzureTokenProxy";

/** As whom a mount reads. */
export type AuthConfig =
  | { readonly kind: "workload-identity"; readonly clientId: string; readonly assertion: string }
  | { readonly kind: "identity-binding"; readonly clientId: string; readonly assertion: string }
  | { readonly kind: "service-principal"; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: "managed-identity"; readonly clientId: string }
  | { readonly kind: "pod-identity" };

export type AuthInput = {
  readonly mode: IdentityMode;
  readonly clientId: string;
  readonly userAssignedIdentityId: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string> | undefined;
  readonly readsTokensFromSecrets: boolean;
};

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";
export const WORKLOAD_IDENTITY_AUDIENCE = "api://AzureADTokenExchange";
export const IDENTITY_BINDING_AUDIENCE = "api://AKSIdentityBinding";

/** @throws Error with the real provider's words */
export function authConfigOf(input: AuthInput): AuthConfig {
  try {
    return build(input);
  } catch (error) {
    throw new Error(`failed to build auth config for mode ${input.mode}: ${(error as Error).message}`);
  }
}

function build({ mode, clientId, userAssignedIdentityId, ...input }: AuthInput): AuthConfig {
  const tokens =
    (input.readsTokensFromSecrets ? input.secrets?.get(TOKENS) : undefined) || (input.attributes.get(TOKENS) ?? "");
  if (mode === "AzureTokenProxy") {
    if (clientId === "") throw new Error("clientID is required for identity binding");
    if (tokens === "") throw new Error("service account tokens are required for identity binding");
    const assertion = prefixed("failed to parse service account token for identity binding", () =>
      tokenFor(IDENTITY_BINDING_AUDIENCE, tokens),
    );
    return { kind: "identity-binding", clientId, assertion };
  }
  // With a client id the token must be there in every mode, even where it is not used.
  const assertion =
    clientId === ""
      ? ""
      : prefixed("failed to parse workload identity tokens", () => tokenFor(WORKLOAD_IDENTITY_AUDIENCE, tokens));
  if (mode === "PodIdentity") return { kind: "pod-identity" };
  if (mode === "VMManagedIdentity") return { kind: "managed-identity", clientId: userAssignedIdentityId };
  return clientId === "" ? servicePrincipal(input.secrets) : { kind: "workload-identity", clientId, assertion };
}

function servicePrincipal(secrets: ReadonlyMap<string, string> | undefined): AuthConfig {
  if (secrets === undefined) throw new Error("failed to get credentials, nodePublishSecretRef secret is not set");
  let [clientId, clientSecret] = ["", ""];
  for (const [name, value] of secrets) {
    if (name.toLowerCase() === "clientid") clientId = value;
    if (name.toLowerCase() === "clientsecret") clientSecret = value;
  }
  if (clientId === "") throw new Error("could not find clientid in secrets");
  if (clientSecret === "") throw new Error("could not find clientsecret in secrets");
  return { kind: "service-principal", clientId, clientSecret };
}

function prefixed(what: string, work: () => string): string {
  try {
    return work();
  } catch (error) {
    throw new Error(`${what}, error: ${(error as Error).message}`);
  }
}

type Token = { readonly token?: unknown; readonly expirationTimestamp?: unknown };

function tokenFor(audience: string, text: string): string {
  if (text === "") throw new Error("service account tokens not found");
  const problem = goJsonError(text) ?? shapeProblem(JSON.parse(text));
  if (problem !== undefined) throw new Error(`failed to unmarshal service account tokens, error: ${problem}`);
  const found = (JSON.parse(text) as Record<string, { readonly token?: string } | null> | null)?.[audience];
  if (found === undefined) throw new Error(`token for audience ${audience} not found`);
  return found?.token ?? "";
}

/** What Go says of JSON that does not fit; a timestamp that is none fails the lot. */
function shapeProblem(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value))
    return `json: cannot unmarshal ${goTokenOf(value)} into Go value of type map[string]auth.Token`;
  for (const entry of Object.values(value as Record<string, Token | null>)) {
    if (entry === null) continue;
    if (typeof entry !== "object" || Array.isArray(entry))
      return `json: cannot unmarshal ${goTokenOf(entry)} into Go value of type auth.Token`;
    const { token, expirationTimestamp: until } = entry;
    if (token !== undefined && token !== null && typeof token !== "string")
      return `json: cannot unmarshal ${goTokenOf(token)} into Go struct field .token of type string`;
    if (until === undefined || until === null) continue;
    if (typeof until !== "string") return "Time.UnmarshalJSON: input is not a JSON string";
    if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[-+]\d{2}:\d{2})$/.test(until)) {
      const [layout, element] = ["2006-01-02T15:04:05Z07:00", elementOf(until)];
      return `parsing time ${JSON.stringify(until)} as "${layout}": cannot parse ${JSON.stringify(element.rest)} as "${element.name}"`;
    }
  }
  return undefined;
}

/** The layout in its elements, as Go's parser goes through it. */
const ELEMENTS: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}/, "2006"],
  [/^-/, "-"],
  [/^\d{2}/, "01"],
  [/^-/, "-"],
  [/^\d{2}/, "02"],
  [/^T/, "T"],
  [/^\d{2}/, "15"],
  [/^:/, ":"],
  [/^\d{2}/, "04"],
  [/^:/, ":"],
  [/^\d{2}(\.\d+)?/, "05"],
  [/^(Z|[-+]\d{2}:\d{2})$/, "Z07:00"],
];

function elementOf(text: string): { readonly rest: string; readonly name: string } {
  let rest = text;
  for (const [pattern, name] of ELEMENTS) {
    const match = pattern.exec(rest);
    if (match === null) return { rest, name };
    rest = rest.slice(match[0].length);
  }
  return { rest, name: "" };
}

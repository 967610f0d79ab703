import { goJsonError } from "../../core/go/index.ts";
import { messageOf } from "../../core/index.ts";
import type { KubeClient } from "../../kube/index.ts";
import type { HttpClient } from "../../net/index.ts";
import { GrpcError, GrpcStatus, type MountRequest, stringMap } from "../kit/index.ts";
import { credentialSource, defaultSource, type TokenSource } from "./credentials.ts";
import { exchangeToken } from "./exchange.ts";
import { shownError } from "./failure.ts";
import type { CallLimits, Google } from "./google.ts";
import { identityPool } from "./identity.ts";
import type { Metadata } from "./metadata.ts";
import type { GcpParameters } from "./parameters.ts";
import { type Impersonation, impersonationOf, podToken } from "./service-account.ts";
import { DEFAULTS, type GcpProviderSpec, variable } from "./spec.ts";

export type TokenParts = {
  readonly spec: GcpProviderSpec;
  readonly kube: KubeClient;
  readonly http: HttpClient;
  readonly metadata: Metadata;
  readonly google: Google;
  /** Told the HTTP status of each token exchange. */
  readonly onExchange: (status: number, tookMs: number) => void;
};

/**
 * Whose token the calls of one mount bring.
 * @throws GrpcError PERMISSION_DENIED `unable to obtain auth for mount: …`
 */
export async function tokenSource(
  parts: TokenParts,
  parameters: GcpParameters,
  request: MountRequest,
  limits: CallLimits,
): Promise<TokenSource> {
  const { spec, http, metadata } = parts;
  const { auth } = parameters;
  const oauth = { clock: spec.clock, http };
  try {
    if (auth.kind === "provider") return once(await defaultSource(spec, metadata, oauth, limits.signal));
    if (auth.kind === "key") return once(keySource(auth.json, oauth));
    const token = await podAccess(parts, parameters, request, limits);
    return async () => token;
  } catch (error) {
    if (limits.signal.aborted) throw error;
    throw new GrpcError(GrpcStatus.PERMISSION_DENIED, `unable to obtain auth for mount: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function keySource(json: string, oauth: Parameters<typeof credentialSource>[1]): TokenSource {
  try {
    return credentialSource(json, oauth);
  } catch (error) {
    throw new Error(`unable to generate credentials from key.json: ${messageOf(error)}`);
  }
}

/** Fetched by the first call that needs it; what goes wrong then is that call's error. */
function once(source: TokenSource): TokenSource {
  let fetching: ReturnType<TokenSource> | undefined;
  return async (signal) => {
    fetching ??= source(signal);
    try {
      return await fetching;
    } catch (error) {
      fetching = undefined;
      if (signal.aborted) throw error;
      throw new GrpcError(GrpcStatus.INTERNAL, `transport: per-RPC creds failed due to error: ${messageOf(error)}`, {
        cause: error,
      });
    }
  };
}

/** The pod's own rights: its ServiceAccount's, or those of the Google service account that this one may lend. */
async function podAccess(
  { spec, kube, http, metadata, google, onExchange }: TokenParts,
  { pod, attributes }: GcpParameters,
  request: MountRequest,
  limits: CallLimits,
) {
  const { signal } = limits;
  const behaviour = spec.behaviour ?? "hardened";
  try {
    const pool = await identityPool(spec, metadata, signal);
    const borrowed = await impersonationOf(kube, pod, signal);
    const subjectToken = await podToken(
      kube,
      pod,
      pool,
      { attributes, ...(behaviour === "hardened" && { secrets: secretsOf(request) }) },
      signal,
    );
    const given = variable(spec, "GAIA_TOKEN_EXCHANGE_ENDPOINT");
    // A pool outside of GKE has another exchange, and its credentials file says which.
    const own = behaviour === "hardened" ? pool.tokenUrl : undefined;
    const federated = await exchangeToken(
      { clock: spec.clock, http, behaviour },
      { endpoint: given || own || DEFAULTS.exchangeEndpoint, audience: pool.audience, subjectToken },
      signal,
      onExchange,
    );
    if (borrowed === undefined) return federated;
    const delegates = delegatesOf(borrowed);
    try {
      return await google.impersonate(borrowed.email, delegates, federated, limits);
    } catch (error) {
      throw new Error(`unable to fetch gcp service account token: ${shownError(error)}`, { cause: error });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    // Hardened, it says whose identity it is about.
    const whose = behaviour === "hardened" ? ` of ${pod.namespace}/${pod.serviceAccount}` : "";
    throw new Error(`unable to obtain workload identity auth${whose}: ${messageOf(error)}`, { cause: error });
  }
}

function delegatesOf({ delegates }: Impersonation): readonly string[] {
  if (delegates === "") return [];
  const problem = goJsonError(delegates);
  const value = problem === undefined ? (JSON.parse(delegates) as unknown) : undefined;
  if (problem === undefined && value === null) return [];
  if (problem !== undefined || !Array.isArray(value) || value.some((one) => typeof one !== "string")) {
    const kind = Array.isArray(value) ? "number" : typeof value === "boolean" ? "bool" : typeof value;
    const type = Array.isArray(value) ? "string" : "[]string";
    throw new Error(
      `unable to parse delegates annotation on SA: ${problem ?? `json: cannot unmarshal ${kind} into Go value of type ${type}`}`,
    );
  }
  return value as string[];
}

/** Kubernetes 1.36 may send the pod's tokens there; a text that is no map brings none. */
function secretsOf({ secrets }: MountRequest): ReadonlyMap<string, string> {
  try {
    return stringMap(secrets);
  } catch {
    return new Map();
  }
}

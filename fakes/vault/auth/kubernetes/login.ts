import { isObject, type JsonObject } from "../../../../core/go/json.ts";
import { isAllowedAddress } from "../../core/authorize.ts";
import type { EngineContext } from "../../core/engines.ts";
import { required } from "../../framework/backend.ts";
import { fail, permissionDenied, refuse } from "../../framework/errors.ts";
import type { AuthGrant, Call, Result } from "../../framework/request.ts";
import { globMatches } from "../../policy/acl.ts";
import { audiencesOf, checkClaims, decodeJwt, isSignedBy } from "../claims.ts";
import { grantOf } from "../token-parameters.ts";
import type { KubernetesConfig } from "./config.ts";
import { parseSelector, selects } from "./namespace-selector.ts";
import type { KubernetesRole } from "./roles.ts";
import { type ClusterCall, namespaceLabels, reviewToken } from "./token-review.ts";

type Account = {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly secretName: string;
  readonly audiences: readonly string[];
};

/** What `iss` must be where validation is on and nothing else was configured. */
const DEFAULT_ISSUER = "kubernetes/serviceaccount";

/**
 * `login`: the role, the claims of the JWT against it, then the API server's word. The order decides which
 * refusal a caller sees, and is the real method's.
 */
export async function login(
  context: EngineContext,
  held: { readonly config: KubernetesConfig | undefined; readonly roles: ReadonlyMap<string, KubernetesRole> },
  call: Call,
): Promise<Result> {
  const roleName = required(call, "role");
  const jwt = required(call, "jwt");
  const role = held.roles.get(roleName.toLowerCase());
  if (role === undefined) throw refuse(`invalid role name ${JSON.stringify(roleName)}`);
  if (!isAllowedAddress(call.request.remoteAddress, role.token.boundCidrs))
    throw permissionDenied(`the role is not bound to ${call.request.remoteAddress}`);
  if (held.config === undefined) throw fail("could not load backend configuration");
  const cluster = await clusterCall(context, held.config, jwt);
  const account = await readAccount(context, held.config, role, jwt);
  await checkBindings(cluster, role, account);
  await checkWithCluster(cluster, role, account, jwt);
  if (account.uid === "") throw fail("could not parse UID from claims");
  const metadata = {
    service_account_uid: account.uid,
    service_account_name: account.name,
    service_account_namespace: account.namespace,
    service_account_secret_name: account.secretName,
  };
  const grant: AuthGrant = {
    ...grantOf(role.token),
    displayName: `${account.namespace}-${account.name}`,
    aliasName: role.aliasNameSource === "serviceaccount_name" ? `${account.namespace}/${account.name}` : account.uid,
    aliasMetadata: metadata,
    metadata: { ...metadata, role: roleName },
    renew: () => {
      const now = held.roles.get(roleName.toLowerCase());
      if (now === undefined) throw fail(`role ${roleName} does not exist during renewal`);
      return { ttl: now.token.ttl, maxTtl: now.token.maxTtl, period: now.token.period };
    },
  };
  return { grant };
}

/** Reviewer: the configured JWT, else the pod's own, else the caller's own token. CA: configured, else the pod's. */
async function clusterCall(context: EngineContext, config: KubernetesConfig, jwt: string): Promise<ClusterCall> {
  const { cluster } = context;
  const usesLocal = !config.disableLocalCaJwt;
  const caPem = config.caPem === "" && usesLocal ? (cluster.inCluster.caPem ?? "") : config.caPem;
  const local = config.reviewerJwt === "" && usesLocal ? await cluster.localToken() : config.reviewerJwt;
  return {
    config: { ...config, reviewerJwt: local },
    client: cluster.client(caPem),
    bearer: local === "" ? jwt : local,
  };
}

async function readAccount(
  context: EngineContext,
  config: KubernetesConfig,
  role: KubernetesRole,
  jwt: string,
): Promise<Account> {
  let claims: JsonObject;
  try {
    claims = decodeJwt(jwt).claims;
  } catch (error) {
    throw permissionDenied(`error verifying token signature: ${(error as Error).message}`);
  }
  if (config.publicKeys.length > 0 && !(await isSignedBy(jwt, config.publicKeys)))
    throw permissionDenied("error verifying token signature: no known key successfully validated the token signature");
  try {
    checkClaims(
      claims,
      {
        ...(config.disableIssuerValidation ? {} : { issuer: config.issuer || DEFAULT_ISSUER }),
        ...(role.audience === "" ? {} : { audiences: [role.audience] }),
      },
      context.clock.now(),
    );
  } catch (error) {
    throw refuse((error as Error).message, 403);
  }
  return accountOf(claims);
}

/** Projected tokens hold the account below `kubernetes.io`, those from Secrets in flat claims. */
function accountOf(claims: JsonObject): Account {
  const projected = isObject(claims["kubernetes.io"]) ? claims["kubernetes.io"] : undefined;
  const account = projected !== undefined && isObject(projected["serviceaccount"]) ? projected["serviceaccount"] : {};
  const flat = (name: string): string => String(claims[`kubernetes.io/serviceaccount/${name}`] ?? "");
  return {
    name: String(account["name"] ?? flat("service-account.name")),
    uid: String(account["uid"] ?? flat("service-account.uid")),
    namespace: String(projected?.["namespace"] ?? flat("namespace")),
    secretName: flat("secret.name"),
    audiences: audiencesOf(claims),
  };
}

async function checkBindings(cluster: ClusterCall, role: KubernetesRole, account: Account): Promise<void> {
  if (!matchesAny(role.names, account.name)) throw refuse("service account name not authorized", 403);
  if (role.namespaces.length > 0 && matchesAny(role.namespaces, account.namespace)) return;
  let reason = "";
  if (role.namespaceSelector !== "") {
    try {
      if (cluster.config.reviewerJwt === "")
        throw new Error("namespace lookup failed: TokenReviewer JWT needs to be configured to use namespace selectors");
      const labels = await namespaceLabels(cluster, account.namespace);
      if (selects(parseSelector(role.namespaceSelector), labels)) return;
    } catch (error) {
      reason = ` err=${(error as Error).message}`;
    }
  }
  throw refuse(`namespace not authorized${reason}`, 403);
}

/** A lone `*` is anything; elsewhere globs match. */
function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => pattern === "*" || globMatches(pattern, text));
}

async function checkWithCluster(
  cluster: ClusterCall,
  role: KubernetesRole,
  account: Account,
  jwt: string,
): Promise<void> {
  try {
    // Without an audience on the role the API server is asked about the token's own, so that any passes.
    const audiences = role.audience === "" ? account.audiences : [role.audience];
    const reviewed = await reviewToken(cluster, jwt, audiences);
    if (reviewed.name !== account.name) throw new Error("JWT names did not match");
    if (reviewed.uid !== account.uid) throw new Error("JWT UIDs did not match");
    if (reviewed.namespace !== account.namespace) throw new Error("JWT namespaces did not match");
  } catch (error) {
    throw permissionDenied((error as Error).message);
  }
}

import { type Clock, isMountproofError } from "../../../core/index.ts";
import { decodeJwt, type JwtClaims } from "../../../net/index.ts";
import { IssuerError, type IssuerKeys } from "../../kit/index.ts";
import { federatedPrincipal, kubernetesPrincipal, type Principal } from "../iam/principal.ts";
import type { Projects } from "../projects.ts";
import { ExchangeRefusal, mapClaims, type Pools } from "./pools.ts";
import type { Tokens } from "./tokens.ts";

export type ExchangeParts = {
  readonly clock: Clock;
  readonly pools: Pools;
  readonly projects: Projects;
  readonly tokens: Tokens;
  readonly keys: IssuerKeys;
};

export type ExchangeAnswer = {
  readonly access_token: string;
  readonly issued_token_type: string;
  readonly token_type: string;
  readonly expires_in: number;
};

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const SUBJECT_TYPES = new Set(["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"]);
const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";
const LIFETIME_S = 3600;
/** Clocks may differ by so much. */
const LEEWAY_S = 0;

type Expected = {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly principal: (claims: JwtClaims) => Principal;
};

/**
 * Trades a token of somebody else's issuer for one of Google's (RFC 8693): the pool and its provider, then the token's
 * issuer, audience, lifetime and signature, then who that is.
 * @throws ExchangeRefusal
 */
export async function exchange(
  parts: ExchangeParts,
  form: Readonly<Record<string, string | undefined>>,
): Promise<ExchangeAnswer> {
  const { clock, tokens, keys } = parts;
  if (form["grant_type"] !== GRANT) throw new ExchangeRefusal("unsupported_grant_type", "Unsupported grant type.");
  if (form["requested_token_type"] !== ACCESS_TOKEN)
    throw new ExchangeRefusal("invalid_request", 'Invalid value for "requested_token_type".');
  if (!SUBJECT_TYPES.has(form["subject_token_type"] ?? ""))
    throw new ExchangeRefusal("invalid_request", 'Invalid value for "subject_token_type".');
  if (!(form["scope"] ?? "").split(" ").includes(CLOUD_PLATFORM))
    throw new ExchangeRefusal("invalid_scope", "Some requested scopes were invalid.");
  const expected = expectedOf(parts, form["audience"] ?? "");
  const token = form["subject_token"] ?? "";
  const { header, claims } = decoded(token);
  if (claims["iss"] !== expected.issuer)
    throw new ExchangeRefusal(
      "invalid_grant",
      `The issuer in ID Token ${String(claims["iss"] ?? "")} does not match the expected ones.`,
    );
  const audiences = [claims["aud"]].flat().map(String);
  if (!audiences.some((one) => expected.audiences.includes(one)))
    throw new ExchangeRefusal(
      "invalid_grant",
      `The audience in ID Token [${audiences.join(", ")}] does not match the expected audience ${expected.audiences[0] ?? ""}.`,
    );
  const now = clock.now() / 1000;
  const [issued, from, until] = ["iat", "nbf", "exp"].map((name) => numberOf(claims[name]));
  if (until === undefined || until + LEEWAY_S <= now)
    throw new ExchangeRefusal("invalid_grant", `ID Token issued at ${issued ?? 0} is stale to sign-in.`);
  if ((from ?? issued ?? 0) - LEEWAY_S > now)
    throw new ExchangeRefusal("invalid_grant", `ID Token is not valid before ${from ?? issued ?? 0}.`);
  try {
    await keys.verify(expected.issuer, token, header.kid);
  } catch (error) {
    throw keyRefusal(error);
  }
  const principal = expected.principal(claims);
  const seconds = Math.max(1, Math.min(LIFETIME_S, Math.floor(until - now)));
  return {
    access_token: tokens.issue(principal, seconds * 1000),
    issued_token_type: ACCESS_TOKEN,
    token_type: "Bearer",
    expires_in: seconds,
  };
}

function expectedOf({ pools, projects }: ExchangeParts, audience: string): Expected {
  const [, pool, provider] = /^identitynamespace:([^:]+):(.+)$/s.exec(audience) ?? [];
  if (pool !== undefined && provider !== undefined) {
    const cluster = pools.cluster(pool, provider);
    if (cluster === undefined) throw noTarget();
    const projectNumber = projects.find(cluster.project)?.number ?? "";
    return {
      issuer: cluster.issuer,
      audiences: [pool],
      principal: (claims) => {
        const [, , namespace = "", serviceAccount = ""] = String(claims["sub"] ?? "").split(":");
        const kubernetes = claims["kubernetes.io"] as { serviceaccount?: { uid?: string } } | undefined;
        const uid = kubernetes?.serviceaccount?.uid ?? "";
        return kubernetesPrincipal({ pool, projectNumber, provider, namespace, serviceAccount, uid });
      },
    };
  }
  const name =
    /^\/\/iam\.googleapis\.com\/(projects\/[^/]+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+)$/.exec(
      audience,
    )?.[1];
  if (name === undefined) throw new ExchangeRefusal("invalid_request", 'Invalid value for "audience".');
  const found = pools.provider(name);
  if (found === undefined || found.isDisabled) throw noTarget();
  const own = [`https://iam.googleapis.com/${name}`, `//iam.googleapis.com/${name}`];
  return {
    issuer: found.issuer,
    audiences: found.allowedAudiences.length > 0 ? found.allowedAudiences : own,
    principal: (claims) => federatedPrincipal(name.replace(/\/providers\/[^/]+$/, ""), mapClaims(found, claims)),
  };
}

function noTarget(): ExchangeRefusal {
  return new ExchangeRefusal(
    "invalid_target",
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
  );
}

function decoded(token: string): ReturnType<typeof decodeJwt> {
  try {
    return decodeJwt(token);
  } catch (error) {
    if (!isMountproofError(error)) throw error;
    throw new ExchangeRefusal("invalid_grant", "Unable to parse the ID Token.");
  }
}

function keyRefusal(error: unknown): unknown {
  if (!(error instanceof IssuerError)) return error;
  if (error.kind === "unreachable")
    return new ExchangeRefusal("invalid_grant", "Error connecting to the given credential's issuer.");
  return new ExchangeRefusal("invalid_grant", "Unable to verify the ID Token signature.");
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

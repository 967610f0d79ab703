import { MountproofError } from "../../../core/index.ts";
import { evaluateCel } from "../cel/evaluate.ts";
import { CelError, parseCel } from "../cel/parse.ts";

/** A cluster whose ServiceAccounts Google knows by their project's own pool. */
export type GkeCluster = {
  readonly project: string;
  readonly location: string;
  readonly name: string;
  /** The `iss` of its tokens, and where its keys are found. */
  readonly issuer: string;
};

/** A provider of a workload identity pool: somebody else's issuer. */
export type PoolProvider = {
  /** `projects/1/locations/global/workloadIdentityPools/P/providers/Q` */
  readonly name: string;
  readonly issuer: string;
  /** What a token's audience must be; the provider's own name, with or without a scheme, when empty. */
  readonly allowedAudiences: readonly string[];
  /** Google's attribute to an expression: `{ "google.subject": "assertion.sub" }`. */
  readonly attributeMapping: Readonly<Record<string, string>>;
  readonly attributeCondition?: string;
  isDisabled: boolean;
};

export type Mapped = {
  readonly subject: string;
  readonly groups: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
};

const MAX_SUBJECT = 127;

/** Refused by the token service, as OAuth says it. */
export class ExchangeRefusal extends Error {
  override readonly name = "ExchangeRefusal";
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

/** Pools and the clusters and issuers behind them. */
export class Pools {
  readonly #clusters = new Map<string, GkeCluster>();
  readonly #providers = new Map<string, PoolProvider>();

  addCluster(cluster: GkeCluster): void {
    this.#clusters.set(`projects/${cluster.project}/locations/${cluster.location}/clusters/${cluster.name}`, cluster);
  }

  removeCluster({ project, location, name }: Omit<GkeCluster, "issuer">): void {
    this.#clusters.delete(`projects/${project}/locations/${location}/clusters/${name}`);
  }

  /** @throws MountproofError `invalid_argument` for a mapping or condition that cannot be read */
  addProvider(provider: PoolProvider): void {
    const expressions = [...Object.values(provider.attributeMapping), provider.attributeCondition ?? "true"];
    for (const expression of expressions)
      try {
        parseCel(expression);
      } catch (cause) {
        throw new MountproofError("invalid_argument", {
          message: `the expression ${JSON.stringify(expression)} of ${provider.name} cannot be read: ${(cause as Error).message}`,
          cause,
        });
      }
    this.#providers.set(provider.name, provider);
  }

  removeProvider(name: string): void {
    this.#providers.delete(name);
  }

  provider(name: string): PoolProvider | undefined {
    return this.#providers.get(name);
  }

  /** The cluster that `identitynamespace:POOL:…/projects/P/locations/L/clusters/C` means. */
  cluster(pool: string, provider: string): GkeCluster | undefined {
    const path = /projects\/[^/]+\/locations\/[^/]+\/clusters\/[^/]+$/.exec(provider)?.[0];
    const cluster = path === undefined ? undefined : this.#clusters.get(path);
    return cluster !== undefined && pool === `${cluster.project}.svc.id.goog` ? cluster : undefined;
  }
}

/**
 * What a provider makes of a token's claims.
 * @throws ExchangeRefusal for claims that do not map, or that the condition turns away
 */
export function mapClaims(provider: PoolProvider, assertion: Readonly<Record<string, unknown>>): Mapped {
  const google: Record<string, unknown> = {};
  const attribute: Record<string, string> = {};
  for (const [key, expression] of Object.entries(provider.attributeMapping)) {
    const value = mappedValue(key, expression, assertion);
    const [space = "", name = ""] = key.split(".");
    if (space === "google") google[name] = value;
    else attribute[name] = String(value);
  }
  const subject = String(google["subject"] ?? "");
  if (subject === "")
    throw new ExchangeRefusal("invalid_request", "The mapped attribute 'google.subject' must be non-empty.");
  if (Buffer.byteLength(subject) > MAX_SUBJECT)
    throw new ExchangeRefusal(
      "invalid_request",
      `The size of mapped attribute google.subject exceeds the ${MAX_SUBJECT} bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than ${MAX_SUBJECT} bytes.`,
    );
  const { attributeCondition } = provider;
  if (attributeCondition !== undefined && !holds(attributeCondition, { assertion, google, attribute }))
    throw new ExchangeRefusal(
      "unauthorized_client",
      "The given credential is rejected by the attribute condition.",
      401,
    );
  const { groups } = google;
  return { subject, groups: Array.isArray(groups) ? groups.map(String) : [], attributes: attribute };
}

function mappedValue(key: string, expression: string, assertion: Readonly<Record<string, unknown>>): unknown {
  try {
    return evaluateCel(parseCel(expression), { assertion });
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new ExchangeRefusal(
      "invalid_request",
      `Could not obtain a value for ${key} from the given credential: ${error.message}.`,
    );
  }
}

function holds(condition: string, scope: Readonly<Record<string, unknown>>): boolean {
  try {
    return evaluateCel(parseCel(condition), scope) === true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

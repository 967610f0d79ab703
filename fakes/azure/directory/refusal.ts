import type { Clock, Random } from "../../../core/index.ts";

/** How Entra ID says no: an OAuth error with one of its numbers. */
export class EntraRefusal extends Error {
  override readonly name = "EntraRefusal";
  readonly status: number;
  /** OAuth's word: `invalid_client`. */
  readonly error: string;
  readonly code: number;

  constructor(status: number, error: string, code: number, message: string) {
    super(`AADSTS${code}: ${message}`);
    this.status = status;
    this.error = error;
    this.code = code;
  }
}

/** The body, in Entra ID's form. */
export function refusalBody(
  { error, code, message }: EntraRefusal,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Readonly<Record<string, unknown>> {
  const timestamp = new Date(clock.now())
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z/, "Z");
  const [trace, correlation] = [random.uuid(), random.uuid()];
  return {
    error,
    error_description: `${message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
  };
}

const GUIDE = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

export const refusals = {
  unknownTenant: (tenant: string) =>
    new EntraRefusal(
      400,
      "invalid_tenant",
      90002,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    ),
  unknownInstance: () => new EntraRefusal(400, "invalid_instance", 50049, "Unknown or invalid instance."),
  missing: (parameter: string) =>
    new EntraRefusal(
      400,
      "invalid_request",
      900144,
      `The request body must contain the following parameter: '${parameter}'.`,
    ),
  grantType: (grant: string) =>
    new EntraRefusal(400, "unsupported_grant_type", 70003, `The app requested an unsupported grant type '${grant}'.`),
  onlyPost: () =>
    new EntraRefusal(
      400,
      "invalid_request",
      900561,
      "The endpoint only accepts POST requests. Received a GET request.",
    ),
  unknownClient: (client: string, tenant: string) =>
    new EntraRefusal(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${client}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
    ),
  unknownResource: (resource: string, tenant: string) =>
    new EntraRefusal(
      400,
      "invalid_resource",
      500011,
      `The resource principal named ${resource} was not found in the tenant named ${tenant}.`,
    ),
  badScope: (scope: string) =>
    new EntraRefusal(400, "invalid_scope", 1002012, `The provided value for scope ${scope} is not valid.`),
  noCredential: () =>
    new EntraRefusal(
      401,
      "invalid_client",
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
  wrongSecret: (client: string) =>
    new EntraRefusal(
      401,
      "invalid_client",
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client}'.`,
    ),
  expiredSecret: (client: string) =>
    new EntraRefusal(
      401,
      "invalid_client",
      7000222,
      `The provided client secret keys for app '${client}' are expired.`,
    ),
  malformedAssertion: () => new EntraRefusal(401, "invalid_client", 50027, "JWT token is invalid or malformed."),
  noMatch: (what: "issuer" | "audience" | "subject", value: string) =>
    new EntraRefusal(
      401,
      "invalid_client",
      { issuer: 700211, audience: 700212, subject: 700213 }[what],
      `No matching federated identity record found for presented assertion ${what} '${value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${GUIDE}`,
    ),
  unreachableIssuer: (issuer: string) =>
    new EntraRefusal(400, "invalid_request", 50166, `Request to External OIDC endpoint failed. Issuer: '${issuer}'.`),
  badSignature: (why: string) =>
    new EntraRefusal(401, "invalid_client", 50013, `Assertion failed signature validation. [Reason - ${why}]`),
  outOfTime: (now: number, from: number, until: number) =>
    new EntraRefusal(
      401,
      "invalid_client",
      700024,
      `Client assertion is not within its valid time range. Current time: ${iso(now)}, assertion valid from ${iso(from)}, expiry time of assertion ${iso(until)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
    ),
} as const;

const iso = (ms: number): string => new Date(ms).toISOString().replace("Z", "0000Z");

import type { HttpExchange } from "../../net/index.ts";
import type { AccessKey, Account, Caller } from "./account.ts";
import { AwsRefusal } from "./errors.ts";
import { IAM_OPERATIONS, iamResource } from "./iam/operations.ts";
import { readSignature, type Signature, type SigningKeys, verifySignature } from "./signature.ts";
import { PARAMETER_STORE } from "./stores/parameter-store.ts";
import type { StoreOperation } from "./stores/request.ts";
import { SECRETS_MANAGER } from "./stores/secrets-manager.ts";
import { type PodIdentityCluster, podCredentials } from "./sts/pod-identity.ts";
import type { TokenCheck } from "./sts/token-check.ts";
import { assumeRoleWithWebIdentity, type IssuerTrust } from "./sts/web-identity.ts";
import { type Xml, xml } from "./xml.ts";

/** What is asked for, as far as it can be told before anything is checked. */
export type Asked =
  | { readonly protocol: "json"; readonly service: "secretsmanager" | "ssm"; readonly operation: string }
  | {
      readonly protocol: "query";
      readonly service: "iam" | "sts";
      readonly operation: string;
      readonly form: URLSearchParams;
    }
  | { readonly protocol: "agent"; readonly service: "pod-identity"; readonly operation: "credentials" }
  | { readonly protocol: "none"; readonly service: "unknown"; readonly operation: string };

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the journal: who asked, where, for what; never a value. */
  readonly detail: Readonly<Record<string, unknown>>;
};

export type DispatchParts = {
  readonly account: Account;
  readonly keys: TokenCheck;
  readonly signingKeys: SigningKeys;
  readonly issuers: IssuerTrust;
  readonly cluster: () => PodIdentityCluster | undefined;
};

const JSON_TARGETS: Readonly<Record<string, "secretsmanager" | "ssm">> = {
  secretsmanager: "secretsmanager",
  AmazonSSM: "ssm",
};
const JSON_OPERATIONS: Readonly<Record<"secretsmanager" | "ssm", ReadonlyMap<string, StoreOperation>>> = {
  secretsmanager: SECRETS_MANAGER,
  ssm: PARAMETER_STORE,
};
const QUERY_VERSIONS = { iam: "2010-05-08", sts: "2011-06-15" } as const;
const AGENT_PATH = "/v1/credentials";

/** Every AWS service takes its requests at `/`: which one, and what for, stands in headers and body. */
export async function askedBy(exchange: HttpExchange): Promise<Asked> {
  if (exchange.path === AGENT_PATH) return { protocol: "agent", service: "pod-identity", operation: "credentials" };
  const [prefix = "", operation = ""] = String(exchange.headers["x-amz-target"] ?? "").split(".");
  const service = JSON_TARGETS[prefix];
  if (service !== undefined) return { protocol: "json", service, operation };
  const isForm = String(exchange.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  if (exchange.method === "POST" && isForm) {
    const form = new URLSearchParams((await exchange.body()).toString("utf8"));
    const query = form.get("Version") === QUERY_VERSIONS.iam ? "iam" : "sts";
    return { protocol: "query", service: query, operation: form.get("Action") ?? "", form };
  }
  return {
    protocol: "none",
    service: "unknown",
    operation: prefix === "" ? `${exchange.method} ${exchange.path}` : `${prefix}.${operation}`,
  };
}

export async function dispatch(asked: Asked, exchange: HttpExchange, parts: DispatchParts): Promise<Answer> {
  const requestId = parts.account.random.uuid();
  const headers = { "x-amzn-requestid": requestId, date: new Date(parts.account.clock.now()).toUTCString() };
  const detail: Record<string, unknown> = {};
  try {
    const { status, contentType, body } = await answer(asked, exchange, parts, requestId, detail);
    return { status, headers: { ...headers, "content-type": contentType }, body, detail };
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    const { status, contentType, body } = written(asked, error, requestId);
    return {
      status,
      headers: { ...headers, "content-type": contentType },
      body,
      detail: { ...detail, code: error.code },
    };
  }
}

type Written = { readonly status: number; readonly contentType: string; readonly body: string };

async function answer(
  asked: Asked,
  exchange: HttpExchange,
  parts: DispatchParts,
  requestId: string,
  detail: Record<string, unknown>,
): Promise<Written> {
  switch (asked.protocol) {
    case "agent":
      return await answerAgent(exchange, parts, detail);
    case "json":
      return await answerJson(asked, exchange, parts, detail);
    case "query":
      return await answerQuery(asked, exchange, parts, requestId, detail);
    default:
      throw new AwsRefusal("UnknownOperationException", "");
  }
}

async function answerAgent(
  exchange: HttpExchange,
  parts: DispatchParts,
  detail: Record<string, unknown>,
): Promise<Written> {
  if (exchange.method !== "GET") throw new AwsRefusal("InvalidRequestException", "only GET is answered here", 405);
  detail["host"] = exchange.headers.host;
  const { account, keys, cluster } = parts;
  const credentials = await podCredentials(exchange.headers.authorization ?? "", account, cluster(), keys);
  detail["caller"] = account.keyOf(credentials["AccessKeyId"] ?? "")?.caller.arn;
  return { status: 200, contentType: "application/json", body: JSON.stringify(credentials) };
}

async function answerJson(
  asked: Extract<Asked, { protocol: "json" }>,
  exchange: HttpExchange,
  parts: DispatchParts,
  detail: Record<string, unknown>,
): Promise<Written> {
  const { service, operation } = asked;
  const { caller, region } = await authenticate(exchange, service, parts);
  Object.assign(detail, { caller: caller.arn, region });
  const run = JSON_OPERATIONS[service].get(operation);
  // AWS's own words for it are none; here somebody may ask for what AWS has and this fake has not.
  if (run === undefined)
    throw new AwsRefusal("UnknownOperationException", `${service} has no operation ${operation} in this fake`);
  if (exchange.method !== "POST") throw new AwsRefusal("UnknownOperationException", "");
  const input = inputOf((await exchange.body()).toString("utf8"));
  for (const name of ["SecretId", "Name", "Names", "VersionId", "VersionStage"])
    if (input[name] !== undefined) detail[name] = input[name];
  const value = run({ account: parts.account, region, caller, input });
  return { status: 200, contentType: "application/x-amz-json-1.1", body: JSON.stringify(value) };
}

function inputOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text === "" ? "{}" : text) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new AwsRefusal("SerializationException", "the body is no JSON object");
}

async function answerQuery(
  asked: Extract<Asked, { protocol: "query" }>,
  exchange: HttpExchange,
  parts: DispatchParts,
  requestId: string,
  detail: Record<string, unknown>,
): Promise<Written> {
  const { service, operation, form } = asked;
  const { account } = parts;
  const succeed = (result: Xml | undefined): Written => ({
    status: 200,
    contentType: "text/xml",
    body: `<${operation}Response xmlns="${namespaceOf(service)}">${result === undefined ? "" : xml({ [`${operation}Result`]: result })}${xml({ ResponseMetadata: { RequestId: requestId } })}</${operation}Response>`,
  });
  const version = form.get("Version");
  const unknown = new AwsRefusal(
    "InvalidAction",
    `Could not find operation ${operation} for version ${version ?? "NO_VERSION_SPECIFIED"}`,
  );
  if (version !== QUERY_VERSIONS[service]) throw unknown;
  if (service === "sts" && operation === "AssumeRoleWithWebIdentity") {
    Object.assign(detail, { roleArn: form.get("RoleArn") });
    const { result, key } = await assumeRoleWithWebIdentity(form, account, parts.issuers);
    detail["caller"] = key.caller.arn;
    return succeed(result);
  }
  const { caller } = await authenticate(exchange, service, parts);
  detail["caller"] = caller.arn;
  if (service === "sts") {
    if (operation !== "GetCallerIdentity") throw unknown;
    return succeed({ Arn: caller.arn, UserId: caller.userId, Account: account.id });
  }
  const run = IAM_OPERATIONS.get(operation);
  if (run === undefined) throw unknown;
  account.authorize(caller, `iam:${operation}`, iamResource(form, account));
  return succeed(run(form, account));
}

/** @throws AwsRefusal for a request that is not signed, or not with keys of this account, or not for this service */
async function authenticate(
  exchange: HttpExchange,
  service: string,
  { account, signingKeys: keys }: DispatchParts,
): Promise<{ readonly caller: Caller; readonly region: string }> {
  const signature = readSignature(exchange.headers);
  if (signature === undefined)
    throw new AwsRefusal("MissingAuthenticationTokenException", "Missing Authentication Token");
  const key = keyFor(signature, exchange, account);
  if (signature.service !== service)
    throw new AwsRefusal("InvalidSignatureException", `Credential should be scoped to correct service: '${service}'.`);
  const named = /^(?:secretsmanager|ssm)(?:-fips)?\.([^.]+)\.amazonaws\.com/.exec(
    String(exchange.headers.host ?? ""),
  )?.[1];
  if (named !== undefined && named !== signature.region)
    throw new AwsRefusal(
      "InvalidSignatureException",
      `Credential should be scoped to a valid region, not '${signature.region}'.`,
    );
  const { method, rawPath, query, headers } = exchange;
  const body = await exchange.body();
  verifySignature({ method, rawPath, query, headers, body }, signature, key.secretAccessKey, {
    now: account.clock.now(),
    keys,
  });
  return { caller: key.caller, region: signature.region };
}

function keyFor(signature: Signature, exchange: HttpExchange, account: Account): AccessKey {
  const key = account.keyOf(signature.accessKeyId);
  const token = exchange.headers["x-amz-security-token"];
  if (key === undefined || key.sessionToken !== token)
    throw new AwsRefusal("UnrecognizedClientException", "The security token included in the request is invalid.");
  if (key.expires !== undefined && key.expires <= account.clock.now())
    throw new AwsRefusal("ExpiredTokenException", "The security token included in the request is expired");
  return key;
}

/** IAM and STS have names and statuses of their own for what any service may refuse. */
const QUERY_CODES: Readonly<Record<string, readonly [string, number]>> = {
  MissingAuthenticationTokenException: ["MissingAuthenticationToken", 403],
  UnrecognizedClientException: ["InvalidClientTokenId", 403],
  ExpiredTokenException: ["ExpiredToken", 403],
  InvalidSignatureException: ["SignatureDoesNotMatch", 403],
  IncompleteSignatureException: ["IncompleteSignature", 400],
  AccessDeniedException: ["AccessDenied", 403],
};

/** A refusal in the shape of the protocol that was spoken. */
function written(asked: Asked, { code, message, status }: AwsRefusal, requestId: string): Written {
  if (asked.protocol === "agent")
    return { status, contentType: "application/json", body: JSON.stringify({ code, message }) };
  if (asked.protocol === "query") {
    // A web identity token that has expired is told by STS under its long name, a session's by any service's short one.
    const isOwn = asked.operation === "AssumeRoleWithWebIdentity";
    const [name, at] = (isOwn ? undefined : QUERY_CODES[code]) ?? [code, status];
    const error = xml({ Error: { Type: "Sender", Code: name, Message: message }, RequestId: requestId });
    return {
      status: at,
      contentType: "text/xml",
      body: `<ErrorResponse xmlns="${namespaceOf(asked.service)}">${error}</ErrorResponse>`,
    };
  }
  const text = asked.service === "secretsmanager" ? { Message: message } : { message };
  return {
    status,
    contentType: "application/x-amz-json-1.1",
    body: JSON.stringify({ __type: code, ...(message !== "" && text) }),
  };
}

function namespaceOf(service: "iam" | "sts"): string {
  return service === "iam" ? "https://iam.amazonaws.com/doc/2010-05-08/" : "https://sts.amazonaws.com/doc/2011-06-15/";
}

/** The region a request is for: by its signature, or by the host it was sent to. */
export function regionOf({ headers }: HttpExchange, service: Asked["service"]): string {
  if (service === "iam" || service === "pod-identity") return "";
  const scope = /Credential=[^/]+\/\d{8}\/([^/]+)\//.exec(headers.authorization ?? "")?.[1];
  return scope ?? /^[a-z-]+\.([a-z0-9-]+)\.amazonaws\.com/.exec(headers.host ?? "")?.[1] ?? "";
}

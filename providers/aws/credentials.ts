import type { Clock, Random } from "../../core/index.ts";
import { isMountproofError } from "../../core/index.ts";
import type { ProviderBehaviour } from "../kit/index.ts";
import { ProviderCrash } from "../kit/index.ts";
import { AwsFailure, isRetried } from "./failure.ts";
import { retried } from "./retry.ts";
import { type AwsSdk, type Credentials, type ServiceName, sendFailure } from "./sdk.ts";
import { DEFAULTS } from "./spec.ts";

/** Who the pod is to AWS. */
export type Identity =
  | { readonly kind: "irsa"; readonly roleArn: string; readonly token: string }
  | { readonly kind: "pod-identity"; readonly token: string; readonly agent: string; readonly timeoutMs?: number };

export type CredentialParts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly behaviour: ProviderBehaviour;
  readonly sdk: AwsSdk;
};

type Held = Credentials & { readonly expires: number | undefined };

/** Where the Pod Identity agent listens. `auto` never leads to the second: making a client asks nobody. */
export function agentOf(preferredAddressType: string): string {
  return preferredAddressType.toLowerCase() === "ipv6"
    ? "http://[fd00:ec2::23]/v1/credentials"
    : "http://169.254.170.23/v1/credentials";
}

/** A pod's credentials in one region for one mount: fetched when first needed, and again once they have expired. */
export class RegionCredentials {
  readonly region: string;
  readonly #identity: Identity;
  readonly #parts: CredentialParts;
  readonly #clients = new Map<ServiceName, { readonly credentials: Credentials; readonly client: object }>();
  #held: Held | undefined;
  #fetching: Promise<Held> | undefined;

  constructor(region: string, identity: Identity, parts: CredentialParts) {
    this.region = region;
    this.#identity = identity;
    this.#parts = parts;
  }

  /** The service's client with these credentials; the one there is as long as they are the same. */
  clientFor(
    service: ServiceName,
    credentials: Credentials,
    Client: new (config: ReturnType<AwsSdk["configOf"]>) => object,
  ): object {
    const known = this.#clients.get(service);
    if (known !== undefined && known.credentials === credentials) return known.client;
    const client = new Client(this.#parts.sdk.configOf(service, this.region, credentials));
    this.#clients.set(service, { credentials, client });
    return client;
  }

  /** @throws AwsFailure with what stands behind the outer operation's name */
  async get(signal: AbortSignal): Promise<Credentials> {
    const { clock } = this.#parts;
    if (this.#held !== undefined && (this.#held.expires ?? Number.POSITIVE_INFINITY) > clock.now()) return this.#held;
    this.#fetching ??= this.#fetch(signal).finally(() => {
      this.#fetching = undefined;
    });
    try {
      this.#held = await this.#fetching;
      return this.#held;
    } catch (error) {
      throw error instanceof AwsFailure
        ? error.behind("get identity: get credentials: failed to refresh cached credentials, ")
        : error;
    }
  }

  async #fetch(signal: AbortSignal): Promise<Held> {
    const { clock, random } = this.#parts;
    const identity = this.#identity;
    const options = { clock, random, signal, maxAttempts: DEFAULTS.maxAttempts };
    if (identity.kind === "irsa") {
      const prefix = "failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, ";
      return await withPrefix(prefix, () => retried(() => this.#assumeRole(identity, signal), options));
    }
    return await withPrefix("failed to load credentials, ", () =>
      retried(() => this.#askAgent(identity, signal), options),
    );
  }

  async #assumeRole(identity: Extract<Identity, { kind: "irsa" }>, signal: AbortSignal): Promise<Held> {
    const { clock, behaviour, sdk } = this.#parts;
    const { STSClient, AssumeRoleWithWebIdentityCommand } = await sdk.load(() => import("@aws-sdk/client-sts"));
    const config = sdk.configOf("STS", this.region, undefined);
    const operation = "AssumeRoleWithWebIdentity";
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: identity.roleArn,
      RoleSessionName: `${Math.floor(clock.now())}000000`,
      WebIdentityToken: identity.token,
    });
    type Answer = {
      readonly Credentials?: {
        readonly AccessKeyId?: string;
        readonly SecretAccessKey?: string;
        readonly SessionToken?: string;
        readonly Expiration?: Date;
      };
    };
    let answer: Answer;
    try {
      const call = { operation, endpoint: config.endpoint, signal };
      answer = await sdk.send<Answer>(new STSClient(config), command, call);
    } catch (error) {
      // The keys of a new issuer may take a moment to be known: STS is asked again (aws-sdk-go-v2, stscreds).
      if (error instanceof AwsFailure && error.message.includes(" InvalidIdentityToken: "))
        throw error.behind("", { isRetryable: true });
      throw error;
    }
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = answer.Credentials ?? {};
    if (Expiration === undefined || AccessKeyId === "") {
      if (behaviour === "upstream")
        throw new ProviderCrash("invalid memory address or nil pointer dereference: STS answered without credentials");
      throw new AwsFailure("STS answered without complete credentials");
    }
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expires: Expiration.getTime(),
    };
  }

  async #askAgent(identity: Extract<Identity, { kind: "pod-identity" }>, signal: AbortSignal): Promise<Held> {
    const { agent, token, timeoutMs } = identity;
    const { http } = this.#parts.sdk;
    let answer: Awaited<ReturnType<typeof http.request>>;
    try {
      answer = await http.request({
        method: "GET",
        url: agent,
        headers: { accept: "application/json", authorization: token, "user-agent": "Go-http-client/1.1" },
        signal,
        ...(timeoutMs !== undefined && { deadlineMs: timeoutMs }),
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isMountproofError(error)) throw error;
      throw new AwsFailure(
        sendFailure("Get", agent, error).message.replace("https response error StatusCode: 0, RequestID: , ", ""),
        { isRetryable: true },
      );
    }
    const { status, headers, body } = answer;
    const text = body.toString("utf8");
    if (status < 200 || status >= 300) {
      const { code, message } = agentError(text, headers["content-type"] === "application/json");
      // Behind a code or a status that the outer call knows, too, that one is tried again as well.
      throw new AwsFailure(`${code}: ${message}`, {
        isFatal: status < 500,
        isRetryable: isRetried(status, code) || status === 429,
      });
    }
    let value: Record<string, unknown>;
    try {
      value = JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw new AwsFailure("failed to decode endpoint credentials");
    }
    const field = (name: string): string => (typeof value[name] === "string" ? (value[name] as string) : "");
    const expires = Date.parse(field("Expiration"));
    return {
      accessKeyId: field("AccessKeyId"),
      secretAccessKey: field("SecretAccessKey"),
      sessionToken: field("Token"),
      expires: Number.isNaN(expires) ? undefined : expires,
    };
  }
}

async function withPrefix<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Once its own attempts are used up, a refused token is no reason for the outer call to try again.
    const change =
      error instanceof Error && error.message.includes(" InvalidIdentityToken: ") ? { isRetryable: false } : {};
    throw error instanceof AwsFailure ? error.behind(prefix, change) : error;
  }
}

/** The agent's errors are read only under exactly this type; else the body is the message. */
function agentError(text: string, isJson: boolean): { readonly code: string; readonly message: string } {
  if (!isJson) return { code: "", message: text };
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string };
    return { code: code ?? "", message: message ?? "" };
  } catch {
    return { code: "", message: text };
  }
}

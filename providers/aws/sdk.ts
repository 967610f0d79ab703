import type { Clock } from "../../core/index.ts";
import { createDialer, createHttpClient, type Dialer, type HttpClient, loopbackResolver } from "../../net/index.ts";
import { networkFailure } from "../kit/index.ts";
import { AwsFailure, answerFailure } from "./failure.ts";
import { DEFAULTS } from "./spec.ts";

/** Keys that a request is signed with. */
export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
};

export type SdkOptions = {
  readonly clock: Clock;
  readonly dialer?: Dialer;
  readonly caPem?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Shows in the User-Agent. */
  readonly appId: string;
};

type Sdk = {
  readonly config: { systemClockOffset: number };
  readonly send: (command: never, options: { readonly abortSignal: AbortSignal }) => Promise<unknown>;
};

export type ServiceName = "Secrets Manager" | "SSM" | "STS";

const SERVICES: Readonly<Record<ServiceName, { readonly host: string; readonly variable: string }>> = {
  "Secrets Manager": { host: "secretsmanager", variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER" },
  SSM: { host: "ssm", variable: "AWS_ENDPOINT_URL_SSM" },
  // The real provider's client for STS is made of bare options: no variable reaches it.
  STS: { host: "sts", variable: "" },
};

/** Suffixes of host names outside the partition that most regions are in. */
const SUFFIXES: readonly (readonly [string, string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["us-iso-", "c2s.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
];

/**
 * The official SDK over our connections and our clock. Its own retries, chains of credentials, files and variables are
 * left out: a client is made for a mount, and is told everything.
 */
export class AwsSdk implements AsyncDisposable {
  readonly #options: SdkOptions;
  readonly http: HttpClient;

  constructor(options: SdkOptions) {
    this.#options = options;
    const { clock, caPem } = options;
    const dial = options.dialer ?? createDialer({ resolvers: [loopbackResolver] });
    this.http = createHttpClient({
      clock,
      ...(caPem !== undefined && { caPem }),
      dialer: async (host, port) => {
        using limit = clock.deadline(DEFAULTS.dialTimeoutMs);
        return await dial(host, port, limit.signal);
      },
    });
  }

  /** Loads a part of the SDK; nobody's time passes meanwhile. */
  load<T>(part: () => Promise<T>): Promise<T> {
    return this.#options.clock.activity.track("the AWS SDK is loaded", part);
  }

  endpointOf(service: ServiceName, region: string): string {
    const { environment } = this.#options;
    const { host, variable } = SERVICES[service];
    const named = service === "STS" ? "" : environment[variable] || environment["AWS_ENDPOINT_URL"] || "";
    if (named !== "") return named.replace(/\/$/, "");
    const isFips = service !== "STS" && environment["AWS_USE_FIPS_ENDPOINT"] === "true";
    const suffix = SUFFIXES.find(([start]) => region.startsWith(start))?.[1] ?? "amazonaws.com";
    return `https://${host}${isFips ? "-fips" : ""}.${region}.${suffix}`;
  }

  /** What any of the SDK's clients is made with. */
  configOf(service: ServiceName, region: string, credentials: Credentials | undefined) {
    const { clock, appId } = this.#options;
    const endpoint = this.endpointOf(service, region);
    const noCredentials = async (): Promise<never> => {
      throw new Error("the call needs no credentials");
    };
    return {
      region,
      endpoint,
      credentials: credentials ?? noCredentials,
      requestHandler: this.#handler(),
      systemClockOffset: clock.now() - clock.wall(),
      maxAttempts: 1,
      retryMode: "standard",
      defaultsMode: "legacy",
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      authSchemePreference: [] as string[],
      userAgentAppId: appId,
      logger: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    } as const;
  }

  /**
   * Sends a command once.
   * @throws AwsFailure with what the Go SDK prints behind the operation's name; the signal's reason when it aborted
   */
  async send<T>(
    client: unknown,
    command: object,
    call: { readonly operation: string; readonly endpoint: string; readonly signal: AbortSignal },
  ): Promise<T> {
    const { operation, endpoint, signal } = call;
    const { clock } = this.#options;
    // Signatures are dated by our clock, which may have moved on since the client was made.
    (client as Sdk).config.systemClockOffset = clock.now() - clock.wall();
    try {
      return (await (client as Sdk).send(command as never, { abortSignal: signal })) as T;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const response = (error as { readonly $response?: RawResponse }).$response;
      if (response === undefined) throw sendFailure("Post", `${endpoint}/`, error);
      if (response.statusCode < 300)
        // What the parser says of it quotes the body, which may hold a secret.
        throw new AwsFailure(
          `https response error StatusCode: ${response.statusCode}, RequestID: ${requestIdOf(response)}, deserialization failed, failed to decode response body, invalid JSON or XML`,
        );
      throw answerFailure(operation, { status: response.statusCode, ...readError(response) });
    }
  }

  /** The SDK's own door for another way to send: an exchange keeps the virtual clock still as any of ours does. */
  #handler() {
    const { http } = this;
    return {
      handle: async (request: SdkRequest, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) => {
        const port = request.port === undefined ? "" : `:${request.port}`;
        const query = new URLSearchParams(request.query as Record<string, string> | undefined).toString();
        const { host: _, "content-length": __, ...headers } = request.headers;
        const response = await http.request({
          method: request.method,
          url: `${request.protocol}//${request.hostname}${port}${request.path}${query === "" ? "" : `?${query}`}`,
          headers,
          ...(request.body !== undefined && { body: request.body as string | Uint8Array }),
          ...(abortSignal !== undefined && { signal: abortSignal }),
        });
        const raw: RawResponse = {
          statusCode: response.status,
          headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
          body: response.body,
        };
        return { response: raw };
      },
      destroy: ignore,
      metadata: { handlerProtocol: "http/1.1" },
      updateHttpClientConfig: ignore,
      httpHandlerConfigs: () => ({}),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http[Symbol.asyncDispose]();
  }
}

function ignore(): void {}

type SdkRequest = {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

type RawResponse = { statusCode: number; headers: Record<string, string>; body: Uint8Array };

/** The SDK makes bytes of its own kind of the body, which print themselves as numbers. */
function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString("utf8");
}

/** No answer came. A name that nobody knows is not asked for again. */
export function sendFailure(verb: string, url: string, error: unknown): AwsFailure {
  const { hostname, port, protocol } = new URL(url);
  const failure = networkFailure(error, {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (protocol === "https:" ? 443 : 80),
  });
  return new AwsFailure(
    `https response error StatusCode: 0, RequestID: , request send failed, ${verb} ${JSON.stringify(url)}: ${failure.text}`,
    { isRetryable: !failure.text.includes("no such host") },
  );
}

function requestIdOf({ headers, body }: RawResponse): string {
  return headers["x-amzn-requestid"] ?? /<RequestId>([^<]*)</.exec(textOf(body))?.[1] ?? "";
}

/** Code and message as the Go SDK finds them: in a header first, then in the body. */
function readError(response: RawResponse) {
  const requestId = requestIdOf(response);
  const text = textOf(response.body);
  if (text.trimStart().startsWith("<")) {
    const element = (name: string): string | undefined =>
      new RegExp(`<${name}>([\\s\\S]*?)</${name}>`)
        .exec(text)?.[1]
        ?.replace(/&(lt|gt|amp|quot|apos);/g, (_, entity) => ENTITIES[entity as string] ?? "");
    return { requestId, code: element("Code") ?? UNKNOWN, message: element("Message") ?? UNKNOWN };
  }
  const body = parse(text);
  const code = response.headers["x-amzn-errortype"] || textIn(body["__type"]) || textIn(body["code"]) || UNKNOWN;
  const message = textIn(body["message"]) || textIn(body["Message"]) || UNKNOWN;
  return { requestId, code: (code.split(":")[0] ?? "").split("#").at(-1) ?? "", message };
}

const UNKNOWN = "UnknownError";
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

import { STATUS_CODES } from "node:http";
import { indentJson } from "../../core/go/index.ts";
import { type Clock, isMountproofError, type Random, waiting } from "../../core/index.ts";
import type { HttpClient } from "../../net/index.ts";
import { networkFailure } from "../kit/index.ts";

export type AzureRequest = {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type AzureResponse = {
  readonly request: AzureRequest;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

/** When to ask again, and after how long. */
export type RetryRule = {
  readonly retries: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly statuses: (status: number) => boolean;
};

/** azcore's defaults. */
export const DEFAULT_RETRIES: RetryRule = {
  retries: 3,
  firstDelayMs: 800,
  maxDelayMs: 60_000,
  statuses: (status) => [408, 429, 500, 502, 503, 504].includes(status),
};

/** azidentity's for the metadata service, which may not be up yet. */
export const METADATA_RETRIES: RetryRule = {
  retries: 6,
  firstDelayMs: 2000,
  maxDelayMs: 25_000,
  statuses: (status) => [404, 410, 429].includes(status) || (status >= 500 && status <= 599),
};

/** No answer came. The message is Go's: `Get "url": why`. */
export class AzureNetworkError extends Error {
  override readonly name = "AzureNetworkError";
}

export type AzureHttpOptions = { readonly clock: Clock; readonly random: Random; readonly http: HttpClient };

/**
 * Sends requests as azcore's pipeline does: retries with back-off on the clock, and what the server asks for. The
 * official SDKs stand on it in `hardened`; in `upstream` thin clients do, since the JavaScript SDKs ask otherwise than
 * the recorded provider: another API version, another query, other calls to Entra ID. Tokens are got by thin clients in
 * both: MSAL keeps time by a clock of its own, and would take one token for another mount's on the virtual one.
 */
export class AzureHttp {
  readonly clock: Clock;
  readonly #random: Random;
  readonly #http: HttpClient;

  constructor({ clock, random, http }: AzureHttpOptions) {
    this.clock = clock;
    this.#random = random;
    this.#http = http;
  }

  /** The same rules over other connections. */
  over(http: HttpClient): AzureHttp {
    return new AzureHttp({ clock: this.clock, random: this.#random, http });
  }

  /**
   * The first answer that is not to be asked for again, or the last one.
   * @param options.attempt one try: answering a challenge is part of it
   * @throws AzureNetworkError when no answer came at the last try; what the signal aborts with
   */
  async send(
    request: AzureRequest,
    signal: AbortSignal,
    options: { readonly rule?: RetryRule; readonly attempt?: (send: SendOnce) => Promise<AzureResponse> } = {},
  ): Promise<AzureResponse> {
    const { rule = DEFAULT_RETRIES, attempt = (send: SendOnce) => send(request) } = options;
    for (let retry = 0; ; retry++) {
      let answer: AzureResponse | AzureNetworkError;
      try {
        answer = await attempt((one) => this.#once(one, signal));
        if (!rule.statuses(answer.status)) return answer;
      } catch (error) {
        if (!(error instanceof AzureNetworkError)) throw error;
        answer = error;
      }
      const asked = answer instanceof AzureNetworkError ? undefined : retryAfter(answer.headers, this.clock.now());
      const isTooLong = asked !== undefined && asked > rule.maxDelayMs;
      if (retry === rule.retries || isTooLong) {
        if (answer instanceof AzureNetworkError) throw answer;
        return answer;
      }
      const delay = asked ?? this.#backOff(rule, retry + 1);
      await waiting(this.clock, `azure retry ${retry + 1}`, () => this.clock.sleep(delay, { signal }));
    }
  }

  #backOff({ firstDelayMs, maxDelayMs }: RetryRule, retry: number): number {
    const jitter = 0.8 + this.#random.next() * 0.5;
    return Math.min((2 ** retry - 1) * firstDelayMs * jitter, maxDelayMs);
  }

  async #once(request: AzureRequest, signal: AbortSignal): Promise<AzureResponse> {
    try {
      const { status, headers, body } = await this.#http.request({ ...request, signal });
      return { request, status, headers, body: body.toString("utf8") };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isMountproofError(error, "unavailable", "timeout", "cancelled")) throw error;
      const { hostname, port, protocol } = new URL(request.url);
      const { text } = networkFailure(error, {
        host: hostname,
        port: Number(port) || (protocol === "https:" ? 443 : 80),
      });
      const verb = request.method === "GET" ? "Get" : "Post";
      throw new AzureNetworkError(`${verb} ${JSON.stringify(request.url)}: ${text}`);
    }
  }
}

export type SendOnce = (request: AzureRequest) => Promise<AzureResponse>;

/** How long the server asks to wait, in milliseconds; undefined when it does not say. */
function retryAfter(headers: AzureResponse["headers"], now: number): number | undefined {
  for (const [name, unit] of [
    ["retry-after-ms", 1],
    ["x-ms-retry-after-ms", 1],
    ["retry-after", 1000],
  ] as const) {
    const text = headers[name];
    if (typeof text !== "string" || text === "") continue;
    if (/^\d+$/.test(text)) {
      if (Number(text) > 0) return Number(text) * unit;
      continue;
    }
    const at = name === "retry-after" ? Date.parse(text) : Number.NaN;
    if (at > now) return at - now;
  }
  return undefined;
}

const RULE = "-".repeat(80);

/** `GET https://…/secrets/s/`: never the query. */
const nameOf = ({ method, url }: AzureRequest): string => `${method} ${url.replace(/\?.*$/, "")}`;

/** How azcore shows a body: JSON laid out, all else as it is. */
const shownBody = (body: string): string => (body === "" ? "Response contained no body" : (indentJson(body) ?? body));

const shownStatus = (status: number): string => `RESPONSE ${status}: ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();

/** A refusal of the store, in azcore's words. */
export function responseError(response: AzureResponse): Error {
  const code = errorCodeOf(response);
  return new Error(
    [
      nameOf(response.request),
      RULE,
      shownStatus(response.status),
      code === "" ? "ERROR CODE UNAVAILABLE" : `ERROR CODE: ${code}`,
      RULE,
      shownBody(response.body),
      RULE,
      "",
    ].join("\n"),
  );
}

/** A refusal of a token endpoint, in azidentity's words. */
export function authenticationError(credential: string, response: AzureResponse, message = "", hint = ""): Error {
  return new Error(
    [
      `${credential} authentication failed. ${message}`,
      nameOf(response.request),
      RULE,
      shownStatus(response.status),
      RULE,
      shownBody(response.body),
      RULE,
      ...(hint === "" ? [] : [hint]),
    ].join("\n"),
  );
}

function errorCodeOf({ headers, body }: AzureResponse): string {
  const header = headers["x-ms-error-code"];
  if (typeof header === "string" && header !== "") return header;
  try {
    const { error, code } = JSON.parse(body) as { error?: { code?: unknown }; code?: unknown };
    const found = error?.code ?? code;
    return typeof found === "string" ? found : "";
  } catch {
    return "";
  }
}

import { type Clock, type Random, waiting } from "../../core/index.ts";
import type { HttpClient, HttpResponse } from "../../net/index.ts";
import { networkFailure } from "../kit/index.ts";

export type VaultRequest = {
  readonly method: string;
  /** Path and query below the address, escaped. */
  readonly path: string;
  readonly body?: string;
  readonly token?: string;
  readonly namespace?: string;
};

export type VaultReply = { readonly status: number; readonly body: string; readonly headers: HttpResponse["headers"] };

/** Vault refused: the error text is that of its official Go client. */
export class VaultApiError extends Error {
  override readonly name = "VaultApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No answer came. */
export class VaultNetworkError extends Error {
  override readonly name = "VaultNetworkError";
  readonly isTimeout: boolean;

  constructor(message: string, isTimeout: boolean) {
    super(message);
    this.isTimeout = isTimeout;
  }
}

export type VaultHttpOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  /** `http://host:port` or, for a Unix socket, `http://localhost`; no slash at its end. */
  readonly base: string;
  /** Set for an address `unix://…`. */
  readonly socketPath?: string;
  readonly maxRetries: number;
  readonly timeoutMs: number;
  readonly followsRedirects: boolean;
};

const RETRY_WAITS_MS = [1000, 2000];

/**
 * Vault's HTTP API as the official Go client calls it: two retries with back-off, one redirect, one time limit for
 * a call with all of its retries.
 */
export class VaultHttp {
  readonly #options: VaultHttpOptions;

  constructor(options: VaultHttpOptions) {
    this.#options = options;
  }

  /**
   * Sends a request.
   * @throws VaultApiError for a status of 400 and above, VaultNetworkError when no answer came
   */
  async send(request: VaultRequest, signal: AbortSignal): Promise<VaultReply> {
    const { clock, timeoutMs } = this.#options;
    using limit = clock.deadline(timeoutMs, { signal });
    const reply = await this.#retried(request, limit.signal, signal);
    if (reply.status >= 400) throw apiError(request, `${this.#options.base}${request.path}`, reply);
    return reply;
  }

  async #retried(request: VaultRequest, limit: AbortSignal, caller: AbortSignal): Promise<VaultReply> {
    const { clock, random, maxRetries } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#redirected(request, limit, caller);
      const isLast = attempt >= maxRetries;
      if (outcome instanceof Error) {
        if (isLast || outcome.isFinal) throw new VaultNetworkError(outcome.message, outcome.isTimeout);
      } else if (isLast || !isRetried(outcome.status)) return outcome;
      const asked = outcome instanceof Error ? undefined : retryAfterOf(outcome);
      const base = RETRY_WAITS_MS[Math.min(attempt, RETRY_WAITS_MS.length - 1)] ?? 0;
      try {
        const ms = asked ?? base * (1 + random.next() / 2);
        await waiting(clock, "Vault is asked again", () => clock.sleep(ms, { signal: limit }));
      } catch {
        throw caller.aborted ? caller.reason : new VaultNetworkError("context deadline exceeded", true);
      }
    }
  }

  async #redirected(request: VaultRequest, limit: AbortSignal, caller: AbortSignal): Promise<VaultReply | Unanswered> {
    const { base, followsRedirects } = this.#options;
    const reply = await this.#once(request, `${base}${request.path}`, limit, caller);
    if (reply instanceof Error || !followsRedirects || ![301, 302, 307].includes(reply.status)) return reply;
    const location = reply.headers["location"];
    if (typeof location !== "string") return reply;
    const target = new URL(location, `${base}${request.path}`);
    if (base.startsWith("https:") && target.protocol === "http:")
      return new Unanswered("redirect would cause protocol downgrade", { isFinal: true });
    return await this.#once(request, target.href, limit, caller);
  }

  async #once(
    request: VaultRequest,
    url: string,
    limit: AbortSignal,
    caller: AbortSignal,
  ): Promise<VaultReply | Unanswered> {
    const { http, socketPath } = this.#options;
    const { method, token, namespace, body } = request;
    try {
      const response = await http.request({
        method,
        url,
        headers: {
          "x-vault-request": "true",
          ...(token !== undefined && token !== "" && { "x-vault-token": token }),
          ...(namespace !== undefined && namespace !== "" && { "x-vault-namespace": namespace }),
        },
        ...(body !== undefined && { body }),
        signal: limit,
      });
      return { status: response.status, headers: response.headers, body: response.body.toString("utf8") };
    } catch (error) {
      if (caller.aborted) throw caller.reason;
      if (limit.aborted) return new Unanswered("context deadline exceeded", { isFinal: true, isTimeout: true });
      const { hostname, port, protocol } = new URL(url);
      const failure = networkFailure(error, {
        host: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port) || (protocol === "https:" ? 443 : 80),
        ...(socketPath !== undefined && { path: socketPath }),
      });
      const verb = method.charAt(0).toUpperCase() + method.slice(1).toLowerCase();
      return new Unanswered(`${verb} ${JSON.stringify(url)}: ${failure.text}`, {
        isFinal: failure.isCertificate,
        isTimeout: failure.isTimeout,
      });
    }
  }
}

class Unanswered extends Error {
  /** Asking again would change nothing. */
  readonly isFinal: boolean;
  readonly isTimeout: boolean;

  constructor(message: string, kind: { readonly isFinal?: boolean; readonly isTimeout?: boolean }) {
    super(message);
    this.isFinal = kind.isFinal ?? false;
    this.isTimeout = kind.isTimeout ?? false;
  }
}

function isRetried(status: number): boolean {
  return status === 412 || status === 429 || (status >= 500 && status !== 501);
}

function retryAfterOf({ status, headers }: VaultReply): number | undefined {
  const value = headers["retry-after"];
  if ((status !== 429 && status !== 503) || typeof value !== "string" || !/^\d+$/.test(value)) return undefined;
  return Number(value) * 1000;
}

/** What the Go client makes of an error answer (vault/api, ResponseError). */
function apiError({ method }: VaultRequest, url: string, reply: VaultReply): VaultApiError {
  const namespace = reply.headers["x-vault-namespace"];
  const head = [
    "Error making API request.\n",
    ...(typeof namespace === "string" && namespace !== "root/" ? [`Namespace: ${namespace}`] : []),
    `URL: ${method} ${url}`,
  ].join("\n");
  const errors = errorsOf(reply.body);
  const tail =
    errors === undefined
      ? `Code: ${reply.status}. Raw Message:\n\n${reply.body}`
      : `Code: ${reply.status}. Errors:\n\n${errors.map((text) => `* ${text}`).join("")}`;
  return new VaultApiError(reply.status, `${head}\n${tail}`);
}

/** Undefined when the body is no JSON object. */
function errorsOf(body: string): readonly string[] | undefined {
  try {
    const value = JSON.parse(body) as { errors?: unknown } | null;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Array.isArray(value.errors) ? value.errors.map(String) : [];
  } catch {
    return undefined;
  }
}

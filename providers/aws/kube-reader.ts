import { type Clock, isMountproofError, waiting } from "../../core/index.ts";
import type { KubeClient, KubeObject } from "../../kube/index.ts";
import { networkFailure } from "../kit/index.ts";

const MOST_RETRIES = 10;

/** Reads from the API server at most so fast, and again where it says "later", as client-go does. */
export class KubeReader implements AsyncDisposable {
  readonly #kube: KubeClient | undefined;
  readonly #clock: Clock;
  readonly #limit: { readonly qps: number; readonly burst: number };
  /** When the last of the reads that were let through, or were promised to be, would have used up its share. */
  #paidUntil = 0;

  constructor(kube: KubeClient | undefined, clock: Clock, limit: { readonly qps: number; readonly burst: number }) {
    this.#kube = kube;
    this.#clock = clock;
    this.#limit = limit;
  }

  /** @throws Error with the API server's message, or why there was no answer */
  async get(path: string, signal: AbortSignal): Promise<KubeObject> {
    if (this.#kube === undefined) throw new Error("no API server is known");
    for (let retries = 0; ; retries++) {
      await this.#turn(signal);
      const { status, headers, body } = await this.#ask(path, signal);
      if (status === 200) return JSON.parse(body) as KubeObject;
      const after = headers["retry-after"];
      if ((status === 429 || status >= 500) && after !== undefined && /^\d+$/.test(after) && retries < MOST_RETRIES) {
        await waiting(this.#clock, "the API server is asked again", () =>
          this.#clock.sleep(Number(after) * 1000, { signal }),
        );
        continue;
      }
      throw new Error(messageIn(body) ?? `the server answered ${status}`);
    }
  }

  async #ask(path: string, signal: AbortSignal) {
    const kube = this.#kube as KubeClient;
    try {
      return await kube.raw("GET", path, { signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isMountproofError(error)) throw error;
      const { hostname, port } = new URL(kube.config.server);
      const { text } = networkFailure(error, { host: hostname, port: Number(port) || 443 });
      throw new Error(`Get ${JSON.stringify(`${kube.config.server}${path}`)}: ${text}`, { cause: error });
    }
  }

  /** A bucket of `burst`, filled with `qps` a second. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { qps, burst } = this.#limit;
    if (qps <= 0) return;
    const each = 1000 / qps;
    const now = this.#clock.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + each;
    const wait = this.#paidUntil - burst * each - now;
    if (wait > 0) await waiting(this.#clock, "a turn at the API server", () => this.#clock.sleep(wait, { signal }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kube?.[Symbol.asyncDispose]();
  }
}

function messageIn(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { message?: string };
    return message;
  } catch {
    return undefined;
  }
}

import { type Clock, isMountproofError, waiting } from "../../core/index.ts";
import type { KubeClient, KubeObject } from "../../kube/index.ts";
import { ClientLimit, type ClientLimitOptions, networkFailure } from "../kit/index.ts";

const MOST_RETRIES = 10;

/** Reads from the API server at most so fast, and again where it says "later", as client-go does. */
export class KubeReader implements AsyncDisposable {
  readonly #kube: KubeClient | undefined;
  readonly #clock: Clock;
  readonly #limit: ClientLimit;

  constructor(kube: KubeClient | undefined, clock: Clock, limit: ClientLimitOptions) {
    this.#kube = kube;
    this.#clock = clock;
    this.#limit = new ClientLimit(clock, limit);
  }

  /** @throws Error with the API server's message, or why there was no answer */
  async get(path: string, signal: AbortSignal): Promise<KubeObject> {
    if (this.#kube === undefined) throw new Error("no API server is known");
    for (let retries = 0; ; retries++) {
      await this.#limit.turn(signal);
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

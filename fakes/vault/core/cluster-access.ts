import type { Clock } from "../../../core/index.ts";
import { createHttpClient, type Dialer, type HttpClient } from "../../../net/index.ts";

/** What a Vault that runs in a pod finds in its own file system. */
export type InCluster = {
  /** Its ServiceAccount token: the text, or the file that kubelet rotates. */
  readonly token?: string | (() => Promise<string>);
  readonly caPem?: string;
};

/**
 * How auth methods and engines reach the cluster or an identity provider: HTTPS through the injected dialer,
 * trusting one CA. A client is kept per CA.
 */
export class ClusterAccess implements AsyncDisposable {
  readonly inCluster: InCluster;
  readonly #clock: Clock;
  readonly #dialer: Dialer | undefined;
  readonly #clients = new Map<string, HttpClient>();

  constructor(clock: Clock, dialer: Dialer | undefined, inCluster: InCluster) {
    this.#clock = clock;
    this.#dialer = dialer;
    this.inCluster = inCluster;
  }

  client(caPem: string): HttpClient {
    const known = this.#clients.get(caPem);
    if (known !== undefined) return known;
    const client = createHttpClient({
      clock: this.#clock,
      ...(caPem === "" ? {} : { caPem }),
      ...(this.#dialer === undefined ? {} : { dialer: this.#dialer }),
    });
    this.#clients.set(caPem, client);
    return client;
  }

  /** The pod's own token; empty outside a cluster. */
  async localToken(): Promise<string> {
    const { token } = this.inCluster;
    return typeof token === "function" ? (await token()).trim() : (token ?? "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client[Symbol.asyncDispose]();
    this.#clients.clear();
  }
}

import { type Clock, hours, type Random, seconds } from "../../../core/index.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { ServiceAccountTokens } from "./resources.ts";
import type { Pod } from "./types.ts";

/** Tokens older than this are renewed however long they last. */
const OLDEST_MS = hours(24);
const JITTER_MS = seconds(10);

export type PodToken = { readonly token: string; readonly expirationTimestamp: string };
type Cached = PodToken & { readonly expires: number; readonly lifetime: number; readonly podUid: string };

/**
 * Tokens of a pod's ServiceAccount, bound to the pod and cached per audience and lifetime. One is asked for again when
 * 80 % of its lifetime are over (less up to 10 s); while asking fails, one that is still valid serves on.
 */
export class PodTokens {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #cache = new Map<string, Cached>();

  constructor(spec: { readonly client: KubeClient; readonly clock: Clock; readonly random: Random }) {
    this.#client = spec.client;
    this.#clock = spec.clock;
    this.#random = spec.random;
  }

  /**
   * @param audiences empty: the API server's own
   * @throws Error with kubelet's text when no valid token is to be had
   */
  async get(pod: Pod, audiences: readonly string[], expirationSeconds: number): Promise<PodToken> {
    const { uid } = pod.metadata;
    const key = JSON.stringify([uid, pod.spec.serviceAccountName, audiences, expirationSeconds]);
    const cached = this.#cache.get(key);
    if (cached !== undefined && !this.#isDue(cached)) return cached;
    try {
      const fresh = await this.#request(pod, audiences, expirationSeconds);
      this.#cache.set(key, fresh);
      return fresh;
    } catch (error) {
      const text = (error as Error).message;
      if (cached === undefined) throw new Error(`failed to fetch token: ${text}`, { cause: error });
      if (this.#clock.now() > cached.expires)
        throw new Error(`token ${key} expired and refresh failed: ${text}`, { cause: error });
      return cached;
    }
  }

  forget(podUid: string): void {
    for (const [key, { podUid: owner }] of this.#cache) if (owner === podUid) this.#cache.delete(key);
  }

  #isDue(token: Cached): boolean {
    const now = this.#clock.now();
    const jitter = this.#random.next() * JITTER_MS;
    const issued = token.expires - token.lifetime;
    return now > issued + OLDEST_MS - jitter || now > token.expires - token.lifetime * 0.2 - jitter;
  }

  async #request(pod: Pod, audiences: readonly string[], expirationSeconds: number): Promise<Cached> {
    const { name, namespace, uid } = pod.metadata;
    const answer = await this.#client.create(
      ServiceAccountTokens,
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: { name: pod.spec.serviceAccountName ?? "default", namespace },
        spec: {
          audiences: [...audiences],
          expirationSeconds,
          boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
        },
      },
      { subresource: "token" },
    );
    const { token, expirationTimestamp } = answer.status ?? { token: "", expirationTimestamp: "" };
    const lifetime = (answer.spec.expirationSeconds ?? expirationSeconds) * 1000;
    return { token, expirationTimestamp, expires: Date.parse(expirationTimestamp), lifetime, podUid: uid };
  }
}

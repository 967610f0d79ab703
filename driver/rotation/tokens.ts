import { type Clock, hours, type Random, seconds } from "../../core/index.ts";
import { type Informer, type KubeClient, type KubeObject, ServiceAccounts } from "../../kube/index.ts";
import { goJson } from "../text/go-json.ts";

export type TokenSourceSpec = {
  readonly clock: Clock;
  readonly random: Random;
  readonly kube: KubeClient;
  readonly driverName: string;
  /** The driver's own CSIDriver object, which says what tokens are wanted. */
  readonly csiDrivers: Informer<KubeObject>;
};

export type TokenOwner = {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: { readonly name: string; readonly uid: string };
};

type TokenRequest = { readonly audience?: string; readonly expirationSeconds?: number };
type Token = { readonly token: string; readonly expirationTimestamp: string };
type Cached = { readonly token: Token; readonly refreshAt: number };

/** A token is renewed when a fifth of its life is left, or after a day; up to ten seconds earlier, by chance. */
const RENEWED_AT = 0.8;
const MAX_AGE_MS = hours(24);
const JITTER_MS = seconds(10);

/**
 * Tokens as drivers before v1.6 got them, by asking for them as kubelet does: bound to the pod, one for each
 * audience that the CSIDriver names, kept until they are due.
 */
export class TokenSource {
  readonly #spec: TokenSourceSpec;
  readonly #cache = new Map<string, Cached>();

  constructor(spec: TokenSourceSpec) {
    this.#spec = spec;
  }

  /**
   * @returns the value of `csi.storage.k8s.io/serviceAccount.tokens`; empty when no tokens are wanted
   * @throws KubeStatusError
   */
  async tokensFor(owner: TokenOwner, signal: AbortSignal): Promise<string> {
    const wanted = this.#wanted();
    if (wanted.length === 0) return "";
    const tokens: Record<string, Token> = {};
    for (const request of wanted) tokens[request.audience ?? ""] = await this.#token(owner, request, signal);
    return goJson(tokens);
  }

  /** The pod's volume is gone, and so are its tokens. */
  forget(podUid: string): void {
    for (const key of this.#cache.keys()) if (key.startsWith(`${podUid} `)) this.#cache.delete(key);
  }

  #wanted(): readonly TokenRequest[] {
    const { csiDrivers, driverName } = this.#spec;
    const { tokenRequests = [] } = (csiDrivers.get(driverName)?.["spec"] ?? {}) as {
      readonly tokenRequests?: readonly TokenRequest[];
    };
    return tokenRequests;
  }

  async #token(owner: TokenOwner, request: TokenRequest, signal: AbortSignal): Promise<Token> {
    const { clock, random, kube } = this.#spec;
    const { namespace, serviceAccount, pod } = owner;
    const { audience = "", expirationSeconds } = request;
    const key = `${pod.uid} ${namespace} ${serviceAccount} ${audience} ${expirationSeconds}`;
    const known = this.#cache.get(key);
    if (known !== undefined && clock.now() < known.refreshAt) return known.token;
    const asked = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name: serviceAccount, namespace },
      spec: {
        audiences: audience === "" ? [] : [audience],
        ...(expirationSeconds !== undefined && { expirationSeconds }),
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid },
      },
    };
    const made = await kube.create(ServiceAccounts, asked, { subresource: "token", signal });
    const { token: value, expirationTimestamp } = made["status"] as Token;
    const token = { token: value, expirationTimestamp };
    const life = Date.parse(token.expirationTimestamp) - clock.now();
    const refreshAt = clock.now() + Math.min(life * RENEWED_AT, MAX_AGE_MS) - random.next() * JITTER_MS;
    this.#cache.set(key, { token, refreshAt });
    return token;
  }
}

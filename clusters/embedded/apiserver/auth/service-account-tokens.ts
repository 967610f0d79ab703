import { hash } from "node:crypto";
import { type Clock, messageOf, type Random } from "../../../../core/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { decodeJwt, type JwtClaims, type SigningKey, signJwt, verifySignature } from "../../../../net/jwt.ts";
import { serviceAccountGroups, serviceAccountUserName, type User } from "./user.ts";

/** The objects a token can be bound to, as they are now. */
export interface TokenObjects {
  find(
    resource: "serviceaccounts" | "pods" | "secrets" | "nodes",
    namespace: string,
    name: string,
  ): KubeObject | undefined;
}

export type TokenOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly objects: TokenObjects;
  /** `iss` of every token, byte for byte. */
  readonly issuer: string;
  /** What the API server answers to; the issuer alone unless told otherwise. */
  readonly audiences: readonly string[];
  /** Made once a run, and only when the first token is asked for. */
  readonly signingKey: () => Promise<SigningKey>;
  /** All keys that tokens may be signed with, after a rotation; the signing key alone when left out. */
  readonly publishedKeys?: () => Promise<readonly SigningKey[]>;
};

export type BoundObject = { readonly name: string; readonly uid: string };

export type TokenBinding = {
  readonly namespace: string;
  readonly serviceAccount: BoundObject;
  readonly pod?: BoundObject;
  readonly secret?: BoundObject;
  /** The uid is unknown when the Node object is missing. */
  readonly node?: { readonly name: string; readonly uid?: string };
};

/** The claims of `kubernetes.io`. */
type PrivateClaims = {
  readonly namespace?: string;
  readonly serviceaccount?: BoundObject;
  readonly pod?: BoundObject;
  readonly secret?: BoundObject;
  readonly node?: { readonly name: string; readonly uid?: string };
};

export type Verdict =
  | { readonly kind: "user"; readonly user: User; readonly audiences: readonly string[] }
  /** Not a token of this issuer: somebody else may know it. */
  | { readonly kind: "unknown" }
  | { readonly kind: "refused"; readonly why: string };

/** Clock differences that token checks forgive (go-jose's default leeway), in seconds; also after a deletion. */
export const LEEWAY_SECONDS = 60;
/** A pod's projected token asks for 3607 s and is given a year, so that clients which never re-read it keep working. */
export const EXTENDABLE_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;
const REMEMBERED_TOKENS = 5000;

type Known = { readonly claims: JwtClaims; readonly kubernetes: PrivateClaims; readonly user: User };

/**
 * ServiceAccount tokens: minted for TokenRequest, checked at every request. A signature is checked once a token;
 * lifetime and the life of the bound objects every time, by the cluster's clock
 * (k8s.io/kubernetes, pkg/serviceaccount/claims.go and jwt.go).
 */
export class ServiceAccountTokens {
  readonly #options: TokenOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  get audiences(): readonly string[] {
    return this.#options.audiences;
  }

  get issuer(): string {
    return this.#options.issuer;
  }

  signingKey(): Promise<SigningKey> {
    return this.#options.signingKey();
  }

  /** Checks every signature anew: a key was retired. */
  forgetSignatures(): void {
    this.#known.clear();
  }

  /** @returns the token; it is good for `seconds`, or longer when a pod's own token is extended */
  async issue(binding: TokenBinding, audiences: readonly string[], seconds: number): Promise<string> {
    const { clock, random, issuer, signingKey } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    const isOwn = audiences.every((audience) => this.#options.audiences.includes(audience));
    const extended = seconds === EXTENDABLE_SECONDS && binding.pod !== undefined && isOwn;
    const { namespace, node, pod, secret, serviceAccount } = binding;
    return signJwt(
      {
        aud: audiences,
        exp: now + (extended ? EXTENDED_SECONDS : seconds),
        iat: now,
        iss: issuer,
        jti: random.uuid(),
        "kubernetes.io": {
          namespace,
          ...(node === undefined ? {} : { node }),
          ...(pod === undefined ? {} : { pod }),
          ...(secret === undefined ? {} : { secret }),
          serviceaccount: serviceAccount,
          ...(extended ? { warnafter: now + seconds } : {}),
        },
        nbf: now,
        sub: serviceAccountUserName(namespace, serviceAccount.name),
      },
      await signingKey(),
    );
  }

  /** @param audiences the token must be meant for one of them */
  async verify(token: string, audiences: readonly string[]): Promise<Verdict> {
    const digest = hash("sha256", token, "base64");
    let known = this.#known.get(digest);
    if (known === undefined) {
      const read = await this.#read(token);
      if ("kind" in read) return read;
      if (this.#known.size >= REMEMBERED_TOKENS) this.#known.clear();
      this.#known.set(digest, read);
      known = read;
    }
    const meantFor = stringsOf(known.claims["aud"]);
    const common = meantFor.filter((audience) => audiences.includes(audience));
    if (common.length === 0)
      return refused(
        `token audiences ${goStrings(meantFor)} is invalid for the target audiences ${goStrings(audiences)}`,
      );
    const why = this.#lifetime(known.claims) ?? this.#liveness(known.kubernetes);
    return why === undefined ? { kind: "user", user: known.user, audiences: common } : refused(why);
  }

  /** Issuer, signature and shape: what never changes for a token. */
  async #read(token: string): Promise<Known | Verdict> {
    let claims: JwtClaims;
    try {
      claims = decodeJwt(token).claims;
    } catch {
      return { kind: "unknown" };
    }
    if (claims["iss"] !== this.#options.issuer) return { kind: "unknown" };
    try {
      const { publishedKeys, signingKey } = this.#options;
      verifySignature(token, publishedKeys === undefined ? [await signingKey()] : await publishedKeys());
    } catch (error) {
      return refused(messageOf(error));
    }
    const kubernetes = (claims["kubernetes.io"] ?? {}) as PrivateClaims;
    const { namespace, serviceaccount } = kubernetes;
    if (!namespace || !serviceaccount) return refused("service account token has no service account");
    return { claims, kubernetes, user: userOf(namespace, serviceaccount, kubernetes, String(claims["jti"] ?? "")) };
  }

  #lifetime(claims: JwtClaims): string | undefined {
    const now = Math.floor(this.#options.clock.now() / 1000);
    const at = (name: string): number | undefined => (typeof claims[name] === "number" ? claims[name] : undefined);
    const [expires, notBefore, issued] = [at("exp"), at("nbf"), at("iat")];
    if (notBefore !== undefined && now + LEEWAY_SECONDS < notBefore) return "service account token is not valid yet";
    if (expires !== undefined && now - LEEWAY_SECONDS > expires) return "service account token has expired";
    if (issued !== undefined && now + LEEWAY_SECONDS < issued)
      return "service account token claims could not be validated";
    return undefined;
  }

  /** Why the token died with what it is bound to; undefined while all of it lives. */
  #liveness({ namespace = "", node, pod, secret, serviceaccount }: PrivateClaims): string | undefined {
    const { objects } = this.#options;
    const name = serviceaccount?.name ?? "";
    const account = objects.find("serviceaccounts", namespace, name);
    if (account === undefined) return `serviceaccounts "${name}" not found`;
    if (account.metadata.uid !== serviceaccount?.uid)
      return `service account UID (${account.metadata.uid}) does not match claim (${serviceaccount?.uid})`;
    if (this.#isGone(account)) return `service account ${namespace}/${name} has been deleted`;
    const bound: [resource: "pods" | "secrets", word: string, claim: BoundObject | undefined][] = [
      ["secrets", "secret", secret],
      ["pods", "pod", pod],
    ];
    for (const [resource, word, claim] of bound) {
      if (claim === undefined) continue;
      const object = objects.find(resource, namespace, claim.name);
      if (object === undefined) return `${resource} "${claim.name}" not found`;
      if (this.#isGone(object)) return "service account token has been invalidated";
      if (object.metadata.uid !== claim.uid)
        return `${word} UID (${object.metadata.uid}) does not match service account ${word} ref claim (${claim.uid})`;
    }
    // A pod's token names its node for information; only a token bound to the node alone dies with it.
    if (node !== undefined && pod === undefined) {
      const object = objects.find("nodes", "", node.name);
      if (object === undefined) return `nodes "${node.name}" not found`;
      if (this.#isGone(object)) return "service account token has been invalidated";
      if (object.metadata.uid !== node.uid)
        return `node UID (${object.metadata.uid}) does not match service account node ref claim (${node.uid})`;
    }
    return undefined;
  }

  /** Deleted, and for longer than the leeway: an object that waits for finalizers or grace. */
  #isGone(object: KubeObject): boolean {
    const deleted = object.metadata.deletionTimestamp;
    return deleted !== undefined && Date.parse(deleted) < this.#options.clock.now() - LEEWAY_SECONDS * 1000;
  }
}

function userOf(namespace: string, account: BoundObject, claims: PrivateClaims, id: string): User {
  const extra: Record<string, string[]> = {};
  const put = (name: string, value: string | undefined): void => {
    if (value) extra[`authentication.kubernetes.io/${name}`] = [value];
  };
  put("credential-id", id && `JTI=${id}`);
  put("node-name", claims.node?.name);
  put("node-uid", claims.node?.uid);
  put("pod-name", claims.pod?.name);
  put("pod-uid", claims.pod?.uid);
  return {
    name: serviceAccountUserName(namespace, account.name),
    uid: account.uid,
    groups: [...serviceAccountGroups(namespace), "system:authenticated"],
    extra,
  };
}

function refused(why: string): Verdict {
  return { kind: "refused", why };
}

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Go's `%q` of a string slice. */
function goStrings(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(" ")}]`;
}

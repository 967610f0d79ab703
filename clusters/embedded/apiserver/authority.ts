import type { SigningKey } from "../../../net/index.ts";
import { createSigningKey } from "../../../net/index.ts";
import type { Action, Decision } from "./auth/attributes.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { authorizeNode } from "./auth/node-authorizer.ts";
import { PodsByNode } from "./auth/pods-by-node.ts";
import { RbacAuthorizer } from "./auth/rbac/authorizer.ts";
import type { Binding, ClusterRole, Role } from "./auth/rbac/types.ts";
import {
  reviewAccess,
  reviewLocalAccess,
  reviewOwnAccess,
  reviewOwnRules,
  reviewSelf,
} from "./auth/reviews/access-review.ts";
import { createToken } from "./auth/reviews/token-request.ts";
import { reviewToken } from "./auth/reviews/token-review.ts";
import { ServiceAccountTokens } from "./auth/service-account-tokens.ts";
import type { User } from "./auth/user.ts";
import { type ServerContext, timestamp } from "./server-context.ts";

const RBAC = "rbac.authorization.k8s.io";
const RBAC_TABLES = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

export type AuthorityOptions = {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Made once a run, and only when the first token is asked for. */
  readonly signingKey?: () => Promise<SigningKey>;
  readonly anonymous?: boolean;
};

/** Who asks and what they may do: everything about identity, wired to the store. */
export class Authority {
  readonly tokens: ServiceAccountTokens;
  readonly authenticator: Authenticator;
  /** Public keys that tokens are checked with; the first one signs. */
  readonly keys: SigningKeys;
  readonly #rbac: RbacAuthorizer;
  readonly #pods: PodsByNode;

  constructor(server: ServerContext, options: AuthorityOptions) {
    const { store, clock, random, extensions } = server;
    this.keys = new SigningKeys(options.signingKey ?? createSigningKey);
    const objects = {
      find: (resource: string, namespace: string, name: string) =>
        store.get(`/${resource}`, namespace === "" ? name : `${namespace}/${name}`),
    };
    this.tokens = new ServiceAccountTokens({
      clock,
      random,
      objects,
      issuer: options.issuer,
      audiences: options.audiences,
      signingKey: () => this.keys.current(),
      publishedKeys: () => this.keys.published(),
    });
    this.authenticator = new Authenticator({
      tokens: this.tokens,
      ...(options.anonymous !== undefined && { anonymous: options.anonymous }),
    });
    this.#pods = new PodsByNode(store);
    this.#rbac = new RbacAuthorizer({
      role: (namespace, name) => store.get(`${RBAC}/roles`, `${namespace}/${name}`) as Role | undefined,
      clusterRole: (name) => store.get(`${RBAC}/clusterroles`, name) as ClusterRole | undefined,
      clusterRoles: () => store.list(`${RBAC}/clusterroles`) as ClusterRole[],
      clusterRoleBindings: () => store.list(`${RBAC}/clusterrolebindings`) as Binding[],
      roleBindings: () => store.list(`${RBAC}/rolebindings`) as Binding[],
    });
    for (const table of RBAC_TABLES) store.follow(`${RBAC}/${table}`, store.version, () => this.#rbac.changed());
    const authorize = (user: User, action: Action): Decision => this.authorize(user, action);
    extensions.authorizer = { authorize };
    const { reviews, subresourceCreates } = extensions;
    reviews.set("authentication.k8s.io/tokenreviews", (_request, review) =>
      reviewToken(this.authenticator, this.tokens.audiences, review),
    );
    reviews.set("authentication.k8s.io/selfsubjectreviews", ({ user }) => reviewSelf(user, timestamp(clock)));
    const access = "authorization.k8s.io";
    reviews.set(`${access}/subjectaccessreviews`, (_request, review) => reviewAccess(authorize, review));
    reviews.set(`${access}/selfsubjectaccessreviews`, ({ user }, review) => reviewOwnAccess(authorize, user, review));
    reviews.set(`${access}/localsubjectaccessreviews`, ({ info }, review) =>
      reviewLocalAccess(authorize, info.namespace, review),
    );
    reviews.set(`${access}/selfsubjectrulesreviews`, ({ user }, review) =>
      reviewOwnRules((who, namespace) => this.#rbac.rulesFor(who, namespace), user, review),
    );
    subresourceCreates.set("/serviceaccounts/token", ({ info }, _account, request) =>
      createToken({ clock, objects, tokens: this.tokens }, { namespace: info.namespace, name: info.name }, request),
    );
  }

  /**
   * Signs with a new key from now on; tokens of the old one stay good until it is retired.
   * @param options `retire`: at once
   */
  async rotateSigningKey(options: { readonly retire?: boolean; readonly key?: SigningKey } = {}): Promise<void> {
    await this.keys.rotate(options);
    if (options.retire === true) this.tokens.forgetSignatures();
  }

  /** The node authorizer speaks first, RBAC for everybody else. */
  authorize(user: User, action: Action): Decision {
    const node = authorizeNode(this.#pods, user, action);
    if (node?.allowed === true) return node;
    const decision = this.#rbac.authorize(user, action);
    return decision.allowed || node === undefined ? decision : node;
  }
}

/** The keys that sign ServiceAccount tokens: after a rotation the old one still verifies until it is retired. */
export class SigningKeys {
  readonly #first: () => Promise<SigningKey>;
  #keys: Promise<SigningKey>[] = [];

  constructor(first: () => Promise<SigningKey>) {
    this.#first = first;
  }

  current(): Promise<SigningKey> {
    this.#keys[0] ??= this.#first();
    return this.#keys[0];
  }

  /** All that are published, the signing one first. */
  async published(): Promise<SigningKey[]> {
    await this.current();
    return await Promise.all(this.#keys);
  }

  /** Signs with a new key from now on. With `retire` the old ones are no longer published. */
  async rotate(options: { readonly retire?: boolean; readonly key?: SigningKey } = {}): Promise<void> {
    const key = options.key ?? (await createSigningKey());
    this.#keys = options.retire === true ? [Promise.resolve(key)] : [Promise.resolve(key), ...this.#keys];
  }
}

import { KubeStatusError } from "../../../../kube/client.ts";
import { failure } from "../validation/field-error.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";
import { ALL_AUTHENTICATED, ANONYMOUS, type User, withAuthenticatedGroup } from "./user.ts";

/** What a request shows of its sender. */
export type Credentials = {
  readonly authorization?: string | undefined;
  /** A client certificate that the server's CA issued. */
  readonly clientCertificate?:
    | { readonly commonName: string; readonly organizations: readonly string[]; readonly fingerprint?: string }
    | undefined;
};

export type AuthenticatorOptions = {
  readonly tokens: ServiceAccountTokens;
  /** Fixed bearer tokens and whom they stand for. */
  readonly staticTokens?: ReadonlyMap<string, User>;
  /** Let requests without credentials in as `system:anonymous`; off by default. */
  readonly anonymous?: boolean;
};

export type TokenVerdict =
  | { readonly ok: true; readonly user: User; readonly audiences: readonly string[] }
  | { readonly ok: false; readonly error: string };

const INVALID = "invalid bearer token";

/** Finds out who sends a request: client certificate first, then bearer token, then nobody. */
export class Authenticator {
  readonly #tokens: ServiceAccountTokens;
  readonly #staticTokens: Map<string, User>;
  readonly #anonymous: boolean;
  readonly #certificateUsers = new Map<string, User>();

  constructor({ tokens, staticTokens, anonymous = false }: AuthenticatorOptions) {
    this.#tokens = tokens;
    this.#anonymous = anonymous;
    this.#staticTokens = new Map(
      [...(staticTokens ?? [])].map(([token, user]) => [token, withAuthenticatedGroup(user)]),
    );
  }

  /** Accepts one more fixed token from now on. */
  addToken(token: string, user: User): void {
    this.#staticTokens.set(token, withAuthenticatedGroup(user));
  }

  /** @throws KubeStatusError 401 for wrong credentials, and for none unless anonymous requests are allowed */
  async authenticate({ authorization, clientCertificate }: Credentials): Promise<User> {
    if (clientCertificate !== undefined && clientCertificate.commonName !== "")
      return this.#certificateUser(clientCertificate);
    const token = bearerToken(authorization);
    if (token !== undefined) {
      const verdict = await this.review(token, this.#tokens.audiences);
      if (verdict.ok) return verdict.user;
      throw unauthorized();
    }
    if (this.#anonymous) return ANONYMOUS;
    throw unauthorized();
  }

  /** A bearer token for given audiences, as TokenReview asks. */
  async review(token: string, audiences: readonly string[]): Promise<TokenVerdict> {
    const fixed = this.#staticTokens.get(token);
    if (fixed !== undefined) {
      // A fixed token knows no audience: it counts for the server's own.
      const own = this.#tokens.audiences.filter((audience) => audiences.includes(audience));
      return own.length > 0 ? { ok: true, user: fixed, audiences: own } : { ok: false, error: INVALID };
    }
    const verdict = await this.#tokens.verify(token, audiences);
    if (verdict.kind === "user") return { ok: true, user: verdict.user, audiences: verdict.audiences };
    return { ok: false, error: verdict.kind === "unknown" ? INVALID : `[${INVALID}, ${verdict.why}]` };
  }

  #certificateUser(certificate: NonNullable<Credentials["clientCertificate"]>): User {
    const { commonName, organizations, fingerprint } = certificate;
    const key = JSON.stringify([commonName, organizations, fingerprint]);
    let user = this.#certificateUsers.get(key);
    if (user === undefined) {
      const extra =
        fingerprint === undefined
          ? {}
          : { extra: { "authentication.kubernetes.io/credential-id": [`X509SHA256=${fingerprint}`] } };
      user = { name: commonName, groups: [...organizations, ALL_AUTHENTICATED], ...extra };
      this.#certificateUsers.set(key, user);
    }
    return user;
  }
}

function bearerToken(authorization: string | undefined): string | undefined {
  const [scheme, token] = (authorization ?? "").trim().split(" ");
  return scheme?.toLowerCase() === "bearer" && token ? token : undefined;
}

export function unauthorized(): KubeStatusError {
  return new KubeStatusError(failure(401, "Unauthorized", "Unauthorized"));
}

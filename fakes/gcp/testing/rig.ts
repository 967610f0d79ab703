import { connect } from "node:net";
import { hours, minutes, RealClock, Scope } from "../../../core/index.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createSigningKey,
  type JwtClaims,
  type RunningHttpServer,
  type SigningKey,
  signJwt,
  startHttpServer,
} from "../../../net/index.ts";
import { FakeGcp, type FakeGcpSpec, type GcpSeed, type RunningFakeGcp } from "../index.ts";

export const clock = new RealClock();
export const EXCHANGE_SCOPE = "https://www.googleapis.com/auth/cloud-platform";
export const GKE_AUDIENCE =
  "identitynamespace:p.svc.id.goog:https://container.googleapis.com/v1/projects/p/locations/l/clusters/c";

/** As policies know a pod of the rig's cluster. */
export const APP = "serviceAccount:p.svc.id.goog[production/app]";

export function reader(member: string) {
  return [{ role: "roles/secretmanager.secretAccessor", members: [member] }];
}

export function accessPath(secret: string, version = "latest"): string {
  return `/v1/projects/p/secrets/${secret}/versions/${version}:access`;
}

/** A cluster's issuer, and a fake Google that knows it. */
export class GcpRig implements AsyncDisposable {
  readonly #scope: Scope;
  readonly authority: CertificateAuthority;
  readonly key: SigningKey;
  readonly issuer: RunningHttpServer;
  published: SigningKey[];

  private constructor(
    scope: Scope,
    authority: CertificateAuthority,
    key: SigningKey,
    issuer: RunningHttpServer,
    published: SigningKey[],
  ) {
    this.#scope = scope;
    this.authority = authority;
    this.key = key;
    this.issuer = issuer;
    this.published = published;
  }

  static async start(): Promise<GcpRig> {
    return await Scope.run("gcp rig", async (scope) => {
      const [authority, key] = await Promise.all([createCertificateAuthority({ clock }), createSigningKey()]);
      let rig: GcpRig | undefined;
      const issuer: RunningHttpServer = scope.use(
        await startHttpServer({
          clock,
          name: "issuer",
          handler: (exchange): void =>
            exchange.json(
              200,
              exchange.path.endsWith("/jwks")
                ? { keys: (rig?.published ?? []).map(({ jwk }) => jwk) }
                : { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` },
            ),
        }),
      );
      rig = new GcpRig(scope, authority, key, issuer, [key]);
      return rig;
    });
  }

  /** A Google with the project `p`, the cluster `c` and whatever else is asked for. */
  async google(seed: GcpSeed = {}, spec: Partial<FakeGcpSpec> = {}): Promise<RunningFakeGcp> {
    const google = this.#scope.use(await new FakeGcp({ clock, rootToken: "root", ...spec }).start());
    google.seed({
      projects: { p: { number: "1234" } },
      clusters: [{ project: "p", location: "l", name: "c", issuer: this.issuer.url }],
    });
    google.seed(seed);
    return google;
  }

  async tls(...dnsNames: readonly string[]): Promise<NonNullable<FakeGcpSpec["tls"]>> {
    return await this.authority.issue({ commonName: dnsNames[0] ?? "", dnsNames });
  }

  /** A ServiceAccount's token, as the cluster signs it. */
  token(claims: JwtClaims = {}, key: SigningKey = this.key): string {
    const now = Math.floor(clock.now() / 1000);
    return signJwt(
      {
        iss: this.issuer.url,
        sub: "system:serviceaccount:production:app",
        aud: ["p.svc.id.goog"],
        iat: now,
        nbf: now,
        exp: now + minutes(60) / 1000,
        ...claims,
      },
      key,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

export type Answer = { readonly status: number; readonly body: Record<string, unknown> };

/** Plain HTTP to a fake without TLS. */
export async function ask(
  google: RunningFakeGcp,
  method: string,
  path: string,
  options: { readonly token?: string; readonly body?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(`${google.url}${path}`, {
    method,
    headers: {
      ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
      ...(options.body !== undefined && { "content-type": "application/json" }),
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : { text } };
}

/** The exchange of a ServiceAccount's token. */
export async function trade(google: RunningFakeGcp, subjectToken: string, audience = GKE_AUDIENCE): Promise<Answer> {
  return await ask(google, "POST", "/v1/identitybindingtoken", {
    body: {
      audience,
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      scope: EXCHANGE_SCOPE,
      subject_token: subjectToken,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    },
  });
}

export const dialerTo = (google: RunningFakeGcp) => async () => connect({ host: google.host, port: google.port });
export const LONG_AGO_S = Math.floor(Date.parse("2020-01-01T00:00:00Z") / 1000);
export const LATER_S = Math.floor((clock.now() + hours(2)) / 1000);

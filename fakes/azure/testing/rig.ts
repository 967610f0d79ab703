import { connect } from "node:net";
import { type Clock, RealClock, Scope } from "../../../core/index.ts";
import {
  createCertificateAuthority,
  createHttpClient,
  createSigningKey,
  type Dialer,
  type HttpClient,
  type HttpResponse,
  type RunningHttpServer,
  type SigningKey,
  signJwt,
  startHttpServer,
} from "../../../net/index.ts";
import { FakeAzure, type RunningFakeAzure } from "../index.ts";

export const TENANT = "11111111-2222-3333-4444-555555555555";
export const SUBJECT = "system:serviceaccount:production:app";
export const AUDIENCE = "api://AzureADTokenExchange";
const NAMES = ["*.vault.azure.net", "login.microsoftonline.com"];

/** A fake Azure under its real host names, and a cluster's issuer beside it. */
export class AzureRig implements AsyncDisposable {
  readonly clock: Clock;
  readonly scope: Scope;
  readonly key: SigningKey;
  readonly forger: SigningKey;
  azure!: RunningFakeAzure;
  http!: HttpClient;
  caPem = "";
  dialer!: Dialer;
  issuer!: RunningHttpServer;
  published: SigningKey[];

  private constructor(clock: Clock, scope: Scope, key: SigningKey, forger: SigningKey) {
    this.clock = clock;
    this.scope = scope;
    this.key = key;
    this.forger = forger;
    this.published = [key];
  }

  static async start(clock: Clock = new RealClock()): Promise<AzureRig> {
    return await Scope.run("azure rig", async (scope) => {
      const [key, forger] = await Promise.all([createSigningKey(), createSigningKey()]);
      const rig = new AzureRig(clock, scope, key, forger);
      const authority = await createCertificateAuthority({ clock });
      rig.caPem = authority.certPem;
      rig.issuer = scope.use(
        await startHttpServer({
          clock,
          name: "issuer",
          handler: (exchange) =>
            exchange.json(
              200,
              exchange.path === "/jwks"
                ? { keys: rig.published.map(({ jwk }) => jwk) }
                : { jwks_uri: `${rig.issuer.url}/jwks` },
            ),
        }),
      );
      const tls = await authority.issue({ commonName: "azure", dnsNames: NAMES, ipAddresses: ["127.0.0.1"] });
      rig.azure = scope.use(await new FakeAzure({ clock, tls, appServiceHeader: "header-secret" }).start());
      rig.dialer = async (_host, port) => {
        const { host, port: to } = port === 443 ? rig.azure : rig.azure.metadata;
        return connect({ host, port: to, noDelay: true });
      };
      rig.http = scope.use(createHttpClient({ clock, caPem: rig.caPem, dialer: rig.dialer }));
      await rig.azure.seed({
        tenants: {
          [TENANT]: [
            {
              clientId: "app",
              objectId: "app-object",
              clientSecrets: ["s3cret", { value: "old", expires: 1 }],
              federatedCredentials: [{ name: "k8s", issuer: rig.issuer.url, subject: SUBJECT, audiences: [AUDIENCE] }],
            },
            { clientId: "node", kind: "userAssigned" },
          ],
        },
        vaults: {
          "app-kv": {
            tenant: TENANT,
            accessPolicies: [
              {
                clientId: "app",
                secrets: ["get", "list", "set", "delete", "recover", "purge", "backup", "restore"],
                keys: ["all"],
                certificates: ["all"],
              },
            ],
            secrets: { db: "pw" },
          },
        },
      });
      return rig;
    });
  }

  /** A token as the cluster would project it, or one that differs. */
  assertion(
    claims: Readonly<Record<string, unknown>> = {},
    key: Pick<SigningKey, "kid" | "privateKey"> = this.key,
  ): string {
    const now = Math.floor(this.clock.now() / 1000);
    return signJwt({ iss: this.issuer.url, sub: SUBJECT, aud: [AUDIENCE], nbf: now, exp: now + 3600, ...claims }, key);
  }

  async token(form: Readonly<Record<string, string>>, tenant = TENANT): Promise<HttpResponse> {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "app",
      scope: "https://vault.azure.net/.default openid profile",
      ...form,
    }).toString();
    return await this.http.request({
      method: "POST",
      url: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });
  }

  async withAssertion(assertion: string): Promise<HttpResponse> {
    return await this.token({
      client_assertion: assertion,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    });
  }

  async vault(
    path: string,
    options: { readonly token?: string; readonly method?: string; readonly body?: unknown } = {},
  ): Promise<HttpResponse & { readonly json: Readonly<Record<string, unknown>> }> {
    const { token, method = "GET", body } = options;
    const query = path.includes("?") ? "" : "?api-version=7.4";
    const response = await this.http.request({
      method,
      url: `https://app-kv.vault.azure.net${path}${query}`,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { ...response, json: jsonOf(response) };
  }

  async accessToken(): Promise<string> {
    return String(jsonOf(await this.token({ client_secret: "s3cret" }))["access_token"]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.scope[Symbol.asyncDispose]();
  }
}

export function jsonOf({ body }: HttpResponse): Readonly<Record<string, unknown>> {
  return body.length === 0 ? {} : (JSON.parse(body.toString("utf8")) as Readonly<Record<string, unknown>>);
}

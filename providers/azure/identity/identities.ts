import { createHttpClient, type HttpClient } from "../../../net/index.ts";
import type { AzureHttp } from "../azure-http.ts";
import type { AzureParameters } from "../parameters.ts";
import { type AzureProviderSpec, DEFAULTS } from "../spec.ts";
import type { Credential } from "./credential.ts";
import { EntraCredential } from "./entra.ts";
import { proxiedTo } from "./identity-binding.ts";
import { ManagedIdentityTokens } from "./managed-identity.ts";
import { podIdentityCredential } from "./pod-identity.ts";

const BAD_TENANT =
  "invalid tenantID. You can locate your tenantID by following the instructions listed here: https://learn.microsoft.com/partner-center/find-ids-and-domain-names";

/** Makes the credential of a mount; what outlives mounts is kept here. */
export class Identities implements AsyncDisposable {
  readonly #spec: AzureProviderSpec;
  readonly #http: AzureHttp;
  readonly #managed: ManagedIdentityTokens;
  #proxy: HttpClient | undefined;

  constructor(spec: AzureProviderSpec, http: AzureHttp) {
    this.#spec = spec;
    this.#http = http;
    this.#managed = new ManagedIdentityTokens(http, spec.environment ?? {});
  }

  /** @throws Error with the real provider's words */
  credentialFor({ auth, cloud, tenantId, pod }: AzureParameters): Credential {
    switch (auth.kind) {
      case "managed-identity":
        return this.#managed.credential(auth.clientId);
      case "pod-identity":
        return podIdentityCredential(this.#http, pod, cloud.keyVaultEndpoint);
      default: {
        if (!/^[-0-9A-Za-z.]+$/.test(tenantId)) throw new Error(BAD_TENANT);
        const { activeDirectoryEndpoint: authorityHost } = cloud;
        const proof =
          auth.kind === "service-principal" ? { clientSecret: auth.clientSecret } : { assertion: auth.assertion };
        const common = { authorityHost, tenantId, clientId: auth.clientId, proof };
        if (auth.kind !== "identity-binding") return new EntraCredential({ ...common, http: this.#http });
        const { url = DEFAULTS.tokenProxyUrl } = this.#spec.tokenProxy ?? {};
        return new EntraCredential({ ...common, http: this.#proxied(), proxied: proxiedTo(url) });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy?.[Symbol.asyncDispose]();
  }

  #proxied(): AzureHttp {
    const { clock, dialer, caPem, tokenProxy } = this.#spec;
    const { sniName = "" } = tokenProxy ?? {};
    // The real provider asks the API server for its certificate at its start and makes the name of that.
    if (sniName === "")
      throw new Error("proxy transport not available: compute SNI name: no -sni-name is given, and none was computed");
    const trusted = tokenProxy?.caPem ?? caPem;
    this.#proxy ??= createHttpClient({
      clock,
      serverName: sniName,
      ...(dialer && { dialer }),
      ...(trusted !== undefined && { caPem: trusted }),
    });
    return this.#http.over(this.#proxy);
  }
}

import { parse } from "yaml";
import { FakeAzure, type RunningFakeAzure, type Vault } from "../../../fakes/azure/index.ts";
import { createCertificateAuthority, createSigningKey } from "../../../net/index.ts";
import {
  AZURE_PROVIDER_NAMESPACE,
  AZURE_PROVIDER_SERVICE_ACCOUNT,
  AzureProvider,
  azureProviderManifests,
} from "../../../providers/azure/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { type AzureAccount, runAzureScript } from "./azure-cli.ts";
import { type EstateFacet, estate } from "./index.ts";

const LOGIN = "login.microsoftonline.com";
const VAULTS = "*.vault.azure.net";
/** The class that works: it holds the ids that Azure drew. */
const CLASS = "azure/secret-provider-class-corrected.yaml";

/** Azure outside of the estate's cluster, set up by a script of `az` commands, and the Azure provider in it. */
export class AzureEstateFacet {
  readonly #world: MountproofWorld;
  readonly #estate: EstateFacet;
  #azure: RunningFakeAzure | undefined;
  #account: AzureAccount & { readonly vault: string } = { tenantId: "", clientId: "", vault: "" };
  readonly secrets: { password: string; readonly key: string };

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.#estate = world.use(estate);
    this.secrets = { password: world.canaries.create("db-password"), key: world.canaries.create("api-key") };
  }

  get azure(): RunningFakeAzure {
    if (this.#azure === undefined) throw new Error("no Azure runs in this scenario");
    return this.#azure;
  }

  get vault(): Vault {
    return this.azure.vault(this.#account.vault);
  }

  get account(): AzureAccount {
    return this.#account;
  }

  /** Azure under its own names, which knows the cluster by its issuer alone. */
  async installAzure(scriptPath: string): Promise<void> {
    const { clock, journal, run, scope, pass } = this.#world;
    const { issuer } = await this.#estate.cluster();
    const { spec } = parse(await this.#estate.example(CLASS)) as { spec: { parameters: Record<string, string> } };
    const { tenantId = "", clientID = "", keyvaultName = "" } = spec.parameters;
    this.#account = { tenantId, clientId: clientID, vault: keyvaultName };
    this.#azure = scope.use(
      await new FakeAzure({
        clock,
        journal,
        random: pass.random,
        signingKey: await run.once("signing key of Azure", () => createSigningKey()),
        tls: await this.#estate.certificateFor([LOGIN, VAULTS]),
        dialer: await this.#estate.dialer(),
        issuerCaPem: issuer.caPem,
      }).start(),
    );
    this.restore();
    runAzureScript(await this.#estate.example(scriptPath), this.azure, this.#account, {
      DB_PASSWORD: this.secrets.password,
      API_KEY: this.secrets.key,
      CLIENT_ID: clientID,
      OIDC_ISSUER: issuer.url,
    });
  }

  /** Azure's names lead to it. */
  restore(): void {
    for (const name of [LOGIN, VAULTS]) this.#estate.route(name, this.azure);
  }

  /** Somebody else answers at the vaults' names. */
  async replaceVaults(): Promise<void> {
    const stranger = await createCertificateAuthority({ clock: this.#world.clock, commonName: "stranger" });
    const tls = await stranger.issue({ commonName: "vaults", dnsNames: [VAULTS] });
    this.#estate.route(VAULTS, this.#world.scope.use(await this.azure.listenToo({ tls })));
  }

  async installProvider(): Promise<void> {
    const [dialer, caPem] = [await this.#estate.dialer(), await this.#estate.trustedCaPem()];
    await this.#estate.installProvider({
      name: "azure",
      namespace: AZURE_PROVIDER_NAMESPACE,
      serviceAccount: AZURE_PROVIDER_SERVICE_ACCOUNT,
      manifests: azureProviderManifests(),
      provider: ({ clock, log, behaviour }) =>
        new AzureProvider({ clock, log, behaviour, dialer, caPem, random: this.#world.pass.random }),
    });
  }
}

export const azureEstate: Facet<AzureEstateFacet> = (world) => new AzureEstateFacet(world);

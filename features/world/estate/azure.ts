import { parse } from "yaml";
import { type AzureTold, FakeAzure, openRemoteAzure, type RunningFakeAzure } from "../../../fakes/azure/index.ts";
import type { RemoteStore } from "../../../fakes/kit/index.ts";
import { createCertificateAuthority, createSigningKey, type Fault, processDialer } from "../../../net/index.ts";
import {
  AZURE_PROVIDER_NAMESPACE,
  AZURE_PROVIDER_SERVICE_ACCOUNT,
  AzureProvider,
  azureProviderDaemonSet,
  azureProviderManifests,
} from "../../../providers/azure/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { type AzureAccount, runAzureScript } from "./azure-cli.ts";
import { cloudOf } from "./clouds.ts";
import { type EstateFacet, estate } from "./index.ts";
import { leaveAlone, ownStoreOf, setUpOwnStore } from "./own-store.ts";

const LOGIN = "login.microsoftonline.com";
const VAULTS = "*.vault.azure.net";
/** The class that works: it holds the ids that Azure drew. */
const CLASS = "azure/secret-provider-class-corrected.yaml";

/** Azure outside of the estate's cluster, set up by a script of `az` commands, and the Azure provider in it. */
export class AzureEstateFacet {
  readonly #world: MountproofWorld;
  readonly #estate: EstateFacet;
  #azure: RunningFakeAzure | undefined;
  #told: AzureTold | undefined;
  #faults: AzureEstateFacet["faults"] | undefined;
  #account: AzureAccount & { readonly vault: string } = { tenantId: "", clientId: "", vault: "" };
  readonly secrets: { password: string; readonly key: string };

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.#estate = world.use(estate);
    this.secrets = { password: world.canaries.create("db-password"), key: world.canaries.create("api-key") };
  }

  /** What Azure is told, wherever it runs. */
  get told(): AzureTold {
    if (ownStoreOf(this.#world, "azure") !== undefined) leaveAlone(this.#world, "azure");
    if (this.#told === undefined) throw new Error("no Azure runs in this scenario");
    return this.#told;
  }

  /** What goes wrong at Azure on purpose. */
  get faults(): Pick<RemoteStore["faults"], "clear"> & { add(fault: Fault): unknown } {
    if (ownStoreOf(this.#world, "azure") !== undefined) leaveAlone(this.#world, "azure");
    if (this.#faults === undefined) throw new Error("no Azure runs in this scenario");
    return this.#faults;
  }

  /** The name of the guide's vault. */
  get vaultName(): string {
    return this.#account.vault;
  }

  get account(): AzureAccount {
    return this.#account;
  }

  /** Azure under its own names, which knows the cluster by its issuer alone. */
  async installAzure(scriptPath: string): Promise<void> {
    const { issuer } = await this.#estate.cluster();
    const { spec } = parse(await this.#estate.example(CLASS)) as { spec: { parameters: Record<string, string> } };
    const { tenantId = "", clientID = "", keyvaultName = "" } = spec.parameters;
    this.#account = { tenantId, clientId: clientID, vault: keyvaultName };
    const variables = {
      DB_PASSWORD: this.secrets.password,
      API_KEY: this.secrets.key,
      CLIENT_ID: clientID,
      OIDC_ISSUER: issuer.url,
    };
    const own = ownStoreOf(this.#world, "azure");
    if (own !== undefined)
      return await setUpOwnStore(this.#world, "azure", own, {
        ...variables,
        NAMESPACE: this.#estate.namespaceOf("production"),
      });
    const control = cloudOf(this.#world, "azure");
    if (control === undefined) await this.#startHere(issuer);
    else {
      const azure = this.#world.scope.use(
        await openRemoteAzure(control, this.#world.run.clock, processDialer(process.env)),
      );
      this.#told = azure.told;
      this.#faults = azure.faults;
    }
    await runAzureScript(await this.#estate.example(scriptPath), this.told, this.#account, variables);
  }

  async #startHere(issuer: { readonly caPem: string }): Promise<void> {
    const { clock, journal, run, scope, pass } = this.#world;
    const azure = scope.use(
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
    this.#azure = azure;
    this.#told = azure.told;
    this.#faults = { add: (fault) => azure.faults.add(fault), clear: async () => azure.faults.clear() };
    this.restore();
  }

  /** Azure's names lead to it. */
  restore(): void {
    if (this.#azure !== undefined) for (const name of [LOGIN, VAULTS]) this.#estate.route(name, this.#azure);
  }

  /** Somebody else answers at the vaults' names. */
  async replaceVaults(): Promise<void> {
    if (this.#azure === undefined) this.#world.skip("nobody else answers at Azure's names in a real cluster");
    const stranger = await createCertificateAuthority({ clock: this.#world.clock, commonName: "stranger" });
    const tls = await stranger.issue({ commonName: "vaults", dnsNames: [VAULTS] });
    this.#estate.route(VAULTS, this.#world.scope.use(await this.#azure.listenToo({ tls })));
  }

  async installProvider(): Promise<void> {
    const [dialer, caPem] = [await this.#estate.dialer(), await this.#estate.trustedCaPem()];
    await this.#estate.installProvider({
      name: "azure",
      namespace: AZURE_PROVIDER_NAMESPACE,
      serviceAccount: AZURE_PROVIDER_SERVICE_ACCOUNT,
      manifests: azureProviderManifests(),
      daemonSet: azureProviderDaemonSet(),
      provider: ({ clock, log, behaviour }) =>
        new AzureProvider({ clock, log, behaviour, dialer, caPem, random: this.#world.pass.random }),
    });
  }
}

export const azureEstate: Facet<AzureEstateFacet> = (world) => new AzureEstateFacet(world);

import { parse } from "yaml";
import {
  FakeVault,
  type OutsideVault,
  openServedVault,
  outsideVault,
  remoteVault,
  type VaultHandle,
} from "../../../fakes/vault/index.ts";
import { tokenReviewer } from "../../../kube/index.ts";
import { createCertificateAuthority, processDialer } from "../../../net/index.ts";
import {
  VAULT_PROVIDER_NAMESPACE,
  VAULT_PROVIDER_SERVICE_ACCOUNT,
  VaultProvider,
  vaultProviderDaemonSet,
  vaultProviderManifests,
} from "../../../providers/vault/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { emulatorOf } from "../emulator.ts";
import { processes } from "../processes.ts";
import { startVaultProcess } from "./as-processes.ts";
import { type EstateFacet, estate } from "./index.ts";
import { clusterUnderTest } from "./remote.ts";
import { runVaultScript } from "./vault-cli.ts";

/** The address that stands for a fake in Endpoints: pods would reach it there. */
const STORE_IP = "10.244.200.10";
const TLS_IP = "10.244.200.11";
const VAULT_PORT = 8200;

/** Vault in the estate's cluster, set up by the guide, and the Vault provider. */
export class VaultEstateFacet {
  readonly #world: MountproofWorld;
  readonly #estate: EstateFacet;
  #vault: VaultHandle | undefined;
  #isOutside = false;
  readonly secrets: { readonly password: string; readonly token: string };
  /** The password after it changed. */
  changed = "";
  /** The authority that issued the certificate of the Vault with TLS. */
  tlsCaPem = "";

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.#estate = world.use(estate);
    this.secrets = { password: world.canaries.create("db-password"), token: world.canaries.create("api-token") };
  }

  get vault(): VaultHandle {
    if (this.#vault === undefined) throw new Error("no Vault runs in this scenario");
    return this.#vault;
  }

  /** Vault in the cluster: its account, its Service, and a server that reviews tokens with its own account. */
  async installVault(): Promise<void> {
    const target = clusterUnderTest(this.#world);
    if (target !== undefined) {
      const { vault } = target.settings;
      if (vault === undefined)
        this.#world.skip("needs a Vault that the cluster's pods reach: --cluster-settings says where it is");
      const { scope, run } = this.#world;
      const outside = scope.use(outsideVault(vault as OutsideVault, run.clock, processDialer(process.env)));
      this.#vault = vault.isFake === true ? this.#controlled(outside, vault.admin) : outside;
      this.#isOutside = vault.isFake !== true;
      return;
    }
    const cluster = await this.#estate.cluster();
    await cluster.apply(tokenReviewer("vault", "vault"));
    const { credentials } = await cluster.configFor("vault", "vault");
    const token = credentials.kind === "token" ? credentials.token : "";
    const pod = { token, caPem: cluster.issuer.caPem };
    this.#vault = this.#world.use(processes).isOn
      ? await startVaultProcess(this.#world, pod, await this.#estate.egressEnvironment("fake/vault"))
      : await this.#startInProcess(pod);
    this.#estate.route(`${STORE_IP}:${VAULT_PORT}`, { host: this.vault.host, port: this.vault.port });
    await this.exposeVault("vault", STORE_IP);
  }

  /** This project's fake in somebody's cluster: what a scenario did to it is undone at its end. */
  #controlled(outside: VaultHandle, url: string): VaultHandle {
    const { scope, run } = this.#world;
    const { faults, seal, unseal, listenToo } = scope.use(remoteVault(url, run.clock, processDialer(process.env)));
    scope.defer("what was done to Vault", async () => {
      await faults.clear();
      await unseal();
    });
    return { ...outside, faults, seal, unseal, listenToo };
  }

  /** Leaves the case where Vault is somebody's own, which is not made to fail. */
  mayFail(): VaultHandle {
    if (this.#isOutside)
      this.#world.skip("the cluster's Vault is somebody's own: it is neither sealed nor made to fail");
    return this.vault;
  }

  async #startInProcess(inCluster: { readonly token: string; readonly caPem: string }): Promise<VaultHandle> {
    const { clock, logger, journal, scope } = this.#world;
    const emulator = await emulatorOf(this.#world);
    if (emulator?.vault !== undefined) {
      const apiServer = (await this.#estate.cluster()).adminConfig.server;
      return await openServedVault(
        { clock, journal, vault: emulator.vault, inCluster: { ...inCluster, apiServer } },
        scope,
      );
    }
    const dialer = await this.#estate.dialer();
    return scope.use(await new FakeVault({ clock, log: logger, journal, dialer, inCluster }).start());
  }

  /** Service and Endpoints, as Vault's chart and its pods would bring them. */
  async exposeVault(name: string, ip: string | undefined): Promise<void> {
    await (await this.#estate.cluster()).apply([
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace: "vault" },
        spec: { ports: [{ name: "http", port: VAULT_PORT }] },
      },
      {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: { name, namespace: "vault" },
        subsets: ip === undefined ? [] : [{ addresses: [{ ip }], ports: [{ name: "http", port: VAULT_PORT }] }],
      },
    ]);
  }

  async restoreVault(): Promise<void> {
    await this.exposeVault("vault", STORE_IP);
  }

  /** The same Vault behind TLS, as `vault-tls`, with a certificate of an authority that nobody knows yet. */
  async addTlsVault(): Promise<void> {
    const { clock, scope } = this.#world;
    const authority = await createCertificateAuthority({ clock, commonName: "somebody's CA" });
    const name = "vault-tls.vault.svc";
    const tls = await authority.issue({ commonName: name, dnsNames: [name] });
    const front = scope.use(await this.vault.listenToo({ tls }));
    this.tlsCaPem = authority.certPem;
    this.#estate.route(`${TLS_IP}:${VAULT_PORT}`, { host: front.host, port: front.port });
    await this.exposeVault("vault-tls", TLS_IP);
  }

  async runVaultSetup(path: string): Promise<void> {
    await runVaultScript(await this.#estate.example(path), this.vault.admin, {
      DB_PASSWORD: this.secrets.password,
      API_TOKEN: this.secrets.token,
    });
  }

  async installVaultProvider(valuesPath: string): Promise<void> {
    const { vault } = parse(await this.#estate.example(valuesPath)) as { vault: { address: string } };
    const dialer = await this.#estate.dialer();
    await this.#estate.installProvider({
      name: "vault",
      namespace: VAULT_PROVIDER_NAMESPACE,
      serviceAccount: VAULT_PROVIDER_SERVICE_ACCOUNT,
      manifests: vaultProviderManifests(),
      daemonSet: vaultProviderDaemonSet(),
      flags: [`--vault-addr=${vault.address}`, "--health-addr="],
      provider: (parts) =>
        new VaultProvider({ ...parts, dialer, vaultAddress: vault.address, random: this.#world.pass.random }),
    });
  }
}

export const vaultEstate: Facet<VaultEstateFacet> = (world) => new VaultEstateFacet(world);

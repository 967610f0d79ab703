import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import { minutes, seconds } from "../../../core/index.ts";
import {
  DRIVER_NAME,
  DRIVER_SERVICE_ACCOUNT,
  Driver,
  driverManifests,
  openMounter,
  plainMounter,
} from "../../../driver/index.ts";
import { FakeVault, type RunningFakeVault } from "../../../fakes/vault/index.ts";
import { Events, type KubeObject, Pods, serviceResolver } from "../../../kube/index.ts";
import {
  createCertificateAuthority,
  createDialer,
  type Dialer,
  loopbackResolver,
  type Route,
} from "../../../net/index.ts";
import { startProvider } from "../../../providers/kit/index.ts";
import {
  VAULT_PROVIDER_NAMESPACE,
  VAULT_PROVIDER_SERVICE_ACCOUNT,
  VaultProvider,
  vaultProviderManifests,
} from "../../../providers/vault/index.ts";
import { layoutOf } from "../../../suite/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { runAuthority, runSigningKey } from "../api.ts";
import { runVaultScript } from "./vault-cli.ts";

type DriverValues = {
  readonly syncSecret?: { readonly enabled?: boolean };
  readonly enableSecretRotation?: boolean;
  readonly rotationPollInterval?: string;
  readonly tokenRequests?: readonly { readonly audience: string }[];
};

/** The address that stands for a fake in Endpoints: pods would reach it there. */
const STORE_IP = "10.244.200.10";
const TLS_IP = "10.244.200.11";
const VAULT_PORT = 8200;

/**
 * A whole cluster with driver, Vault and Vault provider, as the well-known guide sets it up: every part meets the
 * others by the names and rights it would have in a real one.
 */
export class EstateFacet {
  readonly #world: MountproofWorld;
  #cluster: Promise<RunningEmbeddedCluster> | undefined;
  #vault: RunningFakeVault | undefined;
  /** The password after it changed. */
  changed = "";
  /** The authority that issued the certificate of the Vault with TLS. */
  tlsCaPem = "";
  readonly #addresses = new Map<string, Route>();
  readonly secrets: { readonly password: string; readonly token: string };

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.secrets = { password: world.canaries.create("db-password"), token: world.canaries.create("api-token") };
  }

  cluster(): Promise<RunningEmbeddedCluster> {
    this.#cluster ??= this.#start();
    return this.#cluster;
  }

  get vault(): RunningFakeVault {
    if (this.#vault === undefined) throw new Error("no Vault runs in this scenario");
    return this.#vault;
  }

  /** Runs the clock until `holds`, at most `ms`. */
  async until(holds: () => boolean | Promise<boolean>, ms: number = minutes(5)): Promise<boolean> {
    return await (await this.cluster()).until(holds, ms);
  }

  /** Reads a file of `examples/`. */
  async example(path: string): Promise<string> {
    return await readFile(join(layoutOf().root, "examples", path), "utf8");
  }

  async applyExample(path: string, change: (object: KubeObject) => KubeObject = (object) => object): Promise<void> {
    const documents = parseAllDocuments(await this.example(path)).map((document) => document.toJS() as KubeObject);
    await (await this.cluster()).apply(documents.map(change));
  }

  /** Vault in the cluster: its account, its Service, and a server that reviews tokens with its own account. */
  async installVault(): Promise<void> {
    const cluster = await this.cluster();
    const { clock, logger, journal, scope } = this.#world;
    await cluster.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "vault" } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "vault", namespace: "vault" } },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "vault-server-binding" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
        subjects: [{ kind: "ServiceAccount", name: "vault", namespace: "vault" }],
      },
    ]);
    const { credentials } = await cluster.configFor("vault", "vault");
    const token = credentials.kind === "token" ? credentials.token : "";
    const dialer = await this.dialer();
    this.#vault = scope.use(
      await new FakeVault({
        clock,
        log: logger,
        journal,
        dialer,
        inCluster: { token, caPem: cluster.issuer.caPem },
      }).start(),
    );
    this.#addresses.set(`${STORE_IP}:${VAULT_PORT}`, { host: this.vault.host, port: this.vault.port });
    await this.exposeVault("vault", STORE_IP);
  }

  /** Service and Endpoints, as Vault's chart and its pods would bring them. */
  async exposeVault(name: string, ip: string | undefined): Promise<void> {
    await (await this.cluster()).apply([
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
    this.#addresses.set(`${TLS_IP}:${VAULT_PORT}`, { host: front.host, port: front.port });
    await this.exposeVault("vault-tls", TLS_IP);
  }

  async runVaultSetup(path: string): Promise<void> {
    await runVaultScript(await this.example(path), this.vault.admin, {
      DB_PASSWORD: this.secrets.password,
      API_TOKEN: this.secrets.token,
    });
  }

  /** The driver's chart with the values of a file: its objects, and the driver on every node. */
  async installDriver(valuesPath: string): Promise<void> {
    const cluster = await this.cluster();
    const values = parse(await this.example(valuesPath)) as DriverValues;
    await cluster.apply(driverManifests(values));
    const { pass } = this.#world;
    await cluster.launch({
      name: "driver",
      namespace: "kube-system",
      serviceAccount: DRIVER_SERVICE_ACCOUNT,
      launch: async ({ clock, log, journal, node, kubeConfig }) =>
        await new Driver({
          clock,
          log,
          journal,
          random: pass.random,
          behaviour: pass.behaviour,
          endpoint: `unix://${join(node.paths.driverPluginDir, "csi.sock")}`,
          nodeId: node.name,
          kubeConfig,
          providersDir: node.paths.providersDir,
          additionalProvidersDirs: node.paths.additionalProvidersDir,
          enableSecretRotation: values.enableSecretRotation === true,
          rotationPollIntervalMs: durationOf(values.rotationPollInterval ?? "2m"),
          mounter: cluster.mounts.isReal ? await openMounter(log) : plainMounter(),
          registration: { path: join(node.paths.pluginsRegistry, `${DRIVER_NAME}-reg.sock`) },
        }).start(),
    });
    await this.#world.elapse(seconds(2));
  }

  async installVaultProvider(valuesPath: string): Promise<void> {
    const cluster = await this.cluster();
    const { vault } = parse(await this.example(valuesPath)) as { vault: { address: string } };
    await cluster.apply(vaultProviderManifests());
    const dialer = await this.dialer();
    const behaviour = this.#world.pass.behaviour === "hardened" ? "hardened" : "upstream";
    await cluster.launch({
      name: "provider/vault",
      namespace: VAULT_PROVIDER_NAMESPACE,
      serviceAccount: VAULT_PROVIDER_SERVICE_ACCOUNT,
      launch: async ({ clock, log, journal, node, kubeConfig }) =>
        await startProvider({
          clock,
          log,
          journal,
          endpoint: join(node.paths.providersDir, "vault.sock"),
          provider: new VaultProvider({
            clock,
            log,
            behaviour,
            kubeConfig,
            dialer,
            vaultAddress: vault.address,
            random: this.#world.pass.random,
          }),
        }),
    });
  }

  /** Names as a pod resolves them: Services by the API server, the API server itself, loopback. */
  async dialer(): Promise<Dialer> {
    const cluster = await this.cluster();
    const { hostname, port } = new URL(cluster.adminConfig.server);
    const apiServer: Route = { host: hostname, port: Number(port) };
    const services = serviceResolver(cluster.admin, (ip, at) => this.#addresses.get(`${ip}:${at}`));
    return createDialer({
      resolvers: [
        async (host) => (/^kubernetes\.default(\.svc)?$/.test(host) ? apiServer : undefined),
        loopbackResolver,
        services,
      ],
    });
  }

  async pods(namespace: string, app: string): Promise<KubeObject[]> {
    const { items } = await (await this.cluster()).admin.list(Pods, { namespace, labelSelector: `app=${app}` });
    return items;
  }

  /** Messages of Warning events about a pod. */
  async warnings(pod: KubeObject): Promise<string[]> {
    const { items } = await (await this.cluster()).admin.list(Events, {
      namespace: pod.metadata.namespace ?? "",
      fieldSelector: `involvedObject.uid=${pod.metadata.uid},type=Warning`,
    });
    return items.map((event) => `${event["reason"]}: ${event["message"]}`);
  }

  async #start(): Promise<RunningEmbeddedCluster> {
    const world = this.#world;
    const [authority, key, folder] = await Promise.all([runAuthority(world), runSigningKey(world), world.folder()]);
    const cluster = await new EmbeddedCluster({
      clock: world.clock,
      log: world.logger,
      journal: world.journal,
      random: world.pass.random,
      folder,
      authority,
      signingKey: async () => key,
    }).start();
    world.scope.use(cluster);
    world.exposes("events", async () => JSON.stringify((await cluster.admin.list(Events)).items));
    return cluster;
  }
}

/** `120s`, `2m` */
function durationOf(text: string): number {
  const match = /^(\d+)(s|m)$/.exec(text);
  if (match === null) throw new Error(`rotationPollInterval "${text}" is no duration such as 120s`);
  return match[2] === "m" ? minutes(Number(match[1])) : seconds(Number(match[1]));
}

export const estate: Facet<EstateFacet> = (world) => new EstateFacet(world);

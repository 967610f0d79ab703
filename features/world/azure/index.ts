import { minutes } from "../../../core/index.ts";
import {
  type AccessPolicy,
  FakeAzure,
  type FakeAzureSpec,
  type RunningFakeAzure,
  type Vault,
} from "../../../fakes/azure/index.ts";
import {
  createDialer,
  createSigningKey,
  loopbackResolver,
  type Resolver,
  startEgressProxy,
} from "../../../net/index.ts";
import { AzureProvider, type AzureProviderSpec } from "../../../providers/azure/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api, type Claims, runAuthority } from "../api.ts";
import {
  NamedValues,
  NOTHING_MOUNTED,
  type ProgramNeeds,
  type ProviderParts,
  ProviderUnderTest,
  type StoreOutcome,
  storeProgram,
} from "../store-provider/index.ts";
import { createMaterial, type Material } from "./material.ts";
import { AGENT_PORT, AzureServers, startAtAgentsPort } from "./servers.ts";

export { PROXY_HOST, SNI_NAME } from "./servers.ts";

export const TENANT = "11111111-2222-3333-4444-555555555555";
export const VAULT = "testkv";
/** The application that reads with a secret. */
export const CLIENT = "cid";
/** The identity that ServiceAccount tokens act as. */
export const WORKLOAD = "wi-client";
export const NAMESPACE = "shop";
export const POD = "web";
export const ACCOUNT = "app";
export const EXCHANGE_AUDIENCE = "api://AzureADTokenExchange";
export const BINDING_AUDIENCE = "api://AKSIdentityBinding";
const OWNER = { namespace: NAMESPACE, serviceAccount: ACCOUNT, audience: EXCHANGE_AUDIENCE };
const READS = { secrets: ["get", "list"], keys: ["get", "list"], certificates: ["get", "list"] };
/**
 * The Azure provider between its neighbours: an Azure that checks who asks, a cluster's issuer where tokens count, and
 * the driver's way of calling it. No kubelet and no driver: what a pod sees of it is the business of the estate's cases.
 */
export class AzureFacet {
  readonly #world: MountproofWorld;
  #azure: RunningFakeAzure | undefined;
  readonly provider: ProviderUnderTest;
  readonly #values: NamedValues;
  readonly servers: AzureServers;
  #secret = "";
  /** What the provider is started with, besides what every one needs. */
  readonly options: { -readonly [K in keyof AzureProviderSpec]?: AzureProviderSpec[K] } = {};
  /** The class's parameters. */
  readonly parameters: Record<string, string> = { keyvaultName: VAULT, tenantId: TENANT };
  /** Replaces what the driver would send. */
  readonly request: { attributes?: string; secrets?: string; permission?: string } = {};
  /** Tokens by audience; a text in place of the one that kubelet would bring. Undefined: none for that audience. */
  readonly tokens = new Map<string, string | undefined>();
  /** Who the pod is. */
  account = { namespace: NAMESPACE, name: ACCOUNT };
  isWorkloadIdentity = false;
  /** Access policies that a case took away for a while. */
  kept: AccessPolicy[] = [];
  outcome: StoreOutcome = NOTHING_MOUNTED;
  mark = 0;

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.servers = new AzureServers(world, () => this.azure);
    this.#values = new NamedValues(world);
    this.provider = new ProviderUnderTest(world, {
      store: "azure",
      health: true,
      ours: (parts) => this.#ours(parts),
      program: () => this.#program(),
    });
  }

  get azure(): RunningFakeAzure {
    if (this.#azure === undefined) throw new Error("no Azure was prepared in this scenario");
    return this.#azure;
  }

  get vault(): Vault {
    return this.azure.vault(VAULT);
  }

  /** A tenant with an application that may read a vault. */
  async prepare(): Promise<void> {
    const { clock, journal, scope, pass, run, canaries } = this.#world;
    this.#secret = canaries.create("client secret");
    const signingKey = await run.once("signing key of Azure", () => createSigningKey());
    const spec: FakeAzureSpec = {
      clock,
      journal,
      random: pass.random,
      signingKey,
      tls: await this.servers.certificate(),
      issuerCaPem: (await runAuthority(this.#world)).certPem,
      seed: {
        tenants: { [TENANT]: [{ clientId: CLIENT, clientSecrets: [this.#secret] }] },
        vaults: { [VAULT]: { tenant: TENANT, accessPolicies: [{ clientId: CLIENT, ...READS }] } },
      },
    };
    this.#azure = scope.use(
      await (storeProgram(pass.subject) !== undefined ? startAtAgentsPort(spec) : new FakeAzure(spec).start()),
    );
    this.servers.prepare();
  }

  get clientSecret(): string {
    return this.#secret;
  }

  /** A value behind a name: a canary, the same each time it is asked for. */
  value(name: string): string {
    return this.#values.of(name);
  }

  /** What secrets hold, by name. */
  get values(): ReadonlyMap<string, string> {
    return this.#values.byName;
  }

  material(): Promise<Material> {
    const { run } = this.#world;
    return run.once("certificates in Key Vault", () => createMaterial(run.clock));
  }

  /** An identity with a federated credential for the pod's ServiceAccount, and a cluster that issues its tokens. */
  async prepareWorkloadIdentity(): Promise<void> {
    const world = this.#world;
    const kube = world.use(api);
    await kube.running();
    await this.createAccount();
    this.isWorkloadIdentity = true;
    this.parameters["clientID"] = WORKLOAD;
    this.request.secrets = "null";
    await this.federate({});
    await this.azure.seed({
      vaults: { [VAULT]: { tenant: TENANT, accessPolicies: [{ clientId: WORKLOAD, ...READS }] } },
    });
  }

  /** The pod's ServiceAccount, and its namespace. */
  async createAccount(): Promise<void> {
    const kube = this.#world.use(api);
    await kube.namespace(this.account.namespace);
    await kube.serviceAccount(this.account.namespace, this.account.name);
  }

  /** The federated credential as it should be, or with a change. */
  async federate(change: {
    readonly issuer?: string;
    readonly subject?: string;
    readonly audiences?: string[];
  }): Promise<void> {
    const { issuer } = await this.#world.use(api).running();
    this.azure.state.directory.put(TENANT, {
      clientId: WORKLOAD,
      objectId: "workload-object",
      kind: "userAssigned",
      isAssigned: false,
      federatedCredentials: [
        {
          name: "pod",
          issuer: issuer.url,
          subject: `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`,
          audiences: [EXCHANGE_AUDIENCE],
          ...change,
        },
      ],
    });
  }

  /** A token that says something else than the cluster's would, signed as they are. */
  async tokenSaying(change: Claims): Promise<string> {
    return await this.#world.use(api).tokenSaying(OWNER, change);
  }

  async claims(change: Claims = {}): Promise<Claims> {
    return await this.#world.use(api).claims(OWNER, change);
  }

  /** Mounts the volume as the driver would. */
  async mount(): Promise<void> {
    this.mark = this.#world.journal.mark();
    const secrets = JSON.stringify({ clientid: CLIENT, clientsecret: this.#secret });
    this.outcome = await this.provider.mount({
      attributes: this.request.attributes ?? JSON.stringify(await this.#attributes()),
      secrets: this.request.secrets ?? secrets,
      permission: this.request.permission ?? "420",
      targetPath: "/unused",
      currentObjectVersion: [],
    });
  }

  /** What Azure was asked for by the last mount: `GET /secrets/name/ 200 as cid`. */
  calls(): string[] {
    return this.#world.journal
      .entries({ seam: "store", since: this.mark })
      .filter(({ server }) => server.startsWith("fake/azure"))
      .map(({ operation, status, detail }) => {
        const client = detail["client"] === undefined ? "" : ` as ${detail["client"]}`;
        return `${operation.replace(TENANT, "TENANT")} ${status}${client}`;
      });
  }

  async #attributes(): Promise<Record<string, string>> {
    const tokens = this.isWorkloadIdentity ? await this.#tokens() : {};
    const text = JSON.stringify(tokens);
    return {
      ...this.parameters,
      "csi.storage.k8s.io/pod.name": POD,
      "csi.storage.k8s.io/pod.namespace": this.account.namespace,
      "csi.storage.k8s.io/pod.uid": "uid-1",
      "csi.storage.k8s.io/serviceAccount.name": this.account.name,
      ...(Object.keys(tokens).length > 0 && { "csi.storage.k8s.io/serviceAccount.tokens": text }),
    };
  }

  /** As kubelet asks for them, one an audience that the CSIDriver names. */
  async #tokens(): Promise<Record<string, object>> {
    const kube = this.#world.use(api);
    const expirationTimestamp = new Date(this.#world.clock.now() + minutes(60)).toISOString();
    const tokens: Record<string, object> = {};
    for (const audience of [EXCHANGE_AUDIENCE, BINDING_AUDIENCE]) {
      const { namespace, name } = this.account;
      const token = this.tokens.has(audience)
        ? this.tokens.get(audience)
        : await kube.tokenOf(namespace, name, { audiences: [audience] });
      if (token !== undefined) tokens[audience] = { token, expirationTimestamp };
    }
    return tokens;
  }

  async #ours(parts: ProviderParts): Promise<AzureProvider> {
    const { certPem: caPem } = await runAuthority(this.#world);
    return new AzureProvider({
      ...parts,
      caPem,
      dialer: createDialer({ resolvers: this.#resolvers }),
      ...this.options,
    });
  }

  async #program(): Promise<ProgramNeeds> {
    const { clock, journal, scope } = this.#world;
    if (this.parameters["usePodIdentity"] === "true" && this.azure.metadata.port !== AGENT_PORT)
      this.#world.skip(`the node's agent listens at localhost:${AGENT_PORT} and nowhere else, and that port is taken`);
    const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers: this.#resolvers }));
    return {
      env: proxy.environment("provider/azure"),
      trustedCaPem: (await runAuthority(this.#world)).certPem,
      flags: flagsOf(this.options),
    };
  }

  get #resolvers(): readonly Resolver[] {
    return [this.servers.resolver, loopbackResolver];
  }
}

/** What a case set, in the flags of the program that its vendor ships. */
function flagsOf({ constructPemChain, writeCertAndKeyInSeparateFiles, tokenProxy }: AzureFacet["options"]): string[] {
  return [
    ...(constructPemChain === undefined ? [] : [`-construct-pem-chain=${constructPemChain}`]),
    ...(writeCertAndKeyInSeparateFiles === undefined
      ? []
      : [`-write-cert-and-key-in-separate-files=${writeCertAndKeyInSeparateFiles}`]),
    ...(tokenProxy?.sniName === undefined ? [] : [`-sni-name=${tokenProxy.sniName}`]),
  ];
}

export const azure: Facet<AzureFacet> = (world) => new AzureFacet(world);

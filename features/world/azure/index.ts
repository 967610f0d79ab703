import { join } from "node:path";
import { isMountproofError, minutes } from "../../../core/index.ts";
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
  type Route,
  signJwt,
  startEgressProxy,
} from "../../../net/index.ts";
import { AzureProvider, type AzureProviderSpec } from "../../../providers/azure/index.ts";
import { startProvider } from "../../../providers/kit/index.ts";
import { CSIDriverProvider, type MountResponse } from "../../../wire/gen/provider_pb.ts";
import { GrpcError, grpcClient } from "../../../wire/grpc/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api, runAuthority, runSigningKey } from "../api.ts";
import { startStoreProvider } from "../store-provider/index.ts";
import { createMaterial, type Material } from "./material.ts";

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
export const PROXY_HOST = "kubernetes.default.svc.cluster.local";
export const SNI_NAME = "x.ests.aks";
/** Names that the fake stands for; the last one is a cloud of one's own. */
const NAMES = ["*.vault.azure.net", "login.microsoftonline.com", "*.vault.test", "login.test", SNI_NAME] as const;
const READS = { secrets: ["get", "list"], keys: ["get", "list"], certificates: ["get", "list"] };
/** Where a node's identity agent (NMI) listens. */
const AGENT_PORT = 2579;
/** Kubelet gives a publish two minutes; what waits longer has no answer. */
const DEADLINE_MS = minutes(2);

export type AzureFile = { readonly path: string; readonly mode: number; readonly contents: Buffer };

export type AzureOutcome = {
  /** `OK`, or the gRPC code's name. */
  readonly code: string;
  readonly message: string;
  readonly files: readonly AzureFile[];
  readonly versions: readonly { readonly id: string; readonly version: string }[];
};

/**
 * The Azure provider between its neighbours: an Azure that checks who asks, a cluster's issuer where tokens count, and
 * the driver's way of calling it. No kubelet and no driver: what a pod sees of it is the business of the estate's cases.
 */
export class AzureFacet {
  readonly #world: MountproofWorld;
  #azure: RunningFakeAzure | undefined;
  #mount: ((request: object) => Promise<MountResponse>) | undefined;
  #serve: Promise<string> | undefined;
  readonly #routes = new Map<string, Route>();
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
  /** What secrets hold, by name. */
  readonly values = new Map<string, string>();
  outcome: AzureOutcome = { code: "none", message: "nothing was mounted", files: [], versions: [] };
  mark = 0;

  constructor(world: MountproofWorld) {
    this.#world = world;
    world.exposes("error of the Azure provider", () => this.outcome.message);
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
      tls: await this.certificate(),
      issuerCaPem: (await runAuthority(this.#world)).certPem,
      seed: {
        tenants: { [TENANT]: [{ clientId: CLIENT, clientSecrets: [this.#secret] }] },
        vaults: { [VAULT]: { tenant: TENANT, accessPolicies: [{ clientId: CLIENT, ...READS }] } },
      },
    };
    this.#azure = scope.use(
      await (pass.subject.kind === "store-provider" ? startAtAgentsPort(spec) : new FakeAzure(spec).start()),
    );
    this.restoreServer();
    const { metadata } = this.azure;
    for (const place of ["169.254.169.254", `localhost:${AGENT_PORT}`]) this.#routes.set(place, metadata);
  }

  get clientSecret(): string {
    return this.#secret;
  }

  /** For all names that the fake stands for. */
  async certificate() {
    const { run } = this.#world;
    const authority = await runAuthority(this.#world);
    return await run.once("certificate of Azure", () => authority.issue({ commonName: "azure", dnsNames: NAMES }));
  }

  route(place: string, to: Route | undefined): void {
    if (to === undefined) this.#routes.delete(place);
    else this.#routes.set(place, to);
  }

  /** Azure's names lead to the fake. */
  restoreServer(): void {
    for (const place of [...NAMES, PROXY_HOST]) this.#routes.set(place, this.azure);
  }

  /** Another certificate stands at Azure's names from now on. */
  async replaceServer(tls: { readonly certPem: string; readonly keyPem: string }): Promise<void> {
    const other = this.#world.scope.use(await this.azure.listenToo({ tls }));
    for (const place of NAMES) this.#routes.set(place, other);
  }

  /** A value behind a name: a canary, the same each time it is asked for. */
  value(name: string): string {
    let value = this.values.get(name);
    if (value === undefined) {
      value = this.#world.canaries.create(name);
      this.values.set(name, value);
    }
    return value;
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
  async tokenSaying(change: Readonly<Record<string, unknown>>): Promise<string> {
    return signJwt(await this.claims(change), await runSigningKey(this.#world));
  }

  async claims(change: Readonly<Record<string, unknown>> = {}): Promise<Readonly<Record<string, unknown>>> {
    const { issuer } = await this.#world.use(api).running();
    const now = Math.floor(this.#world.clock.now() / 1000);
    return {
      iss: issuer.url,
      sub: `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`,
      aud: [EXCHANGE_AUDIENCE],
      exp: now + 3600,
      iat: now,
      nbf: now,
      ...change,
    };
  }

  /** Mounts the volume as the driver would. */
  async mount(): Promise<void> {
    this.mark = this.#world.journal.mark();
    const secrets = JSON.stringify({ clientid: CLIENT, clientsecret: this.#secret });
    const request = {
      attributes: this.request.attributes ?? JSON.stringify(await this.#attributes()),
      secrets: this.request.secrets ?? secrets,
      permission: this.request.permission ?? "420",
      targetPath: "/unused",
      currentObjectVersion: [],
    };
    const call = await this.#provider();
    try {
      const response = await this.#world.settle(call(request), DEADLINE_MS + minutes(1));
      this.outcome = {
        code: "OK",
        message: "",
        files: response.files.map(({ path, mode, contents }) => ({ path, mode, contents: Buffer.from(contents) })),
        versions: response.objectVersion.map(({ id, version }) => ({ id, version })),
      };
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      this.outcome = { code: error.codeName, message: error.details, files: [], versions: [] };
    }
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

  /** The provider's socket, started by the first that wants it with what the scenario gave it until then. */
  socket(): Promise<string> {
    this.#serve ??= this.#start();
    return this.#serve;
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

  async #provider(): Promise<(request: object) => Promise<MountResponse>> {
    if (this.#mount !== undefined) return this.#mount;
    const { clock, scope } = this.#world;
    const client = grpcClient(CSIDriverProvider, { clock, target: { path: await this.socket() } });
    scope.defer("connection to the provider", () => client.close());
    this.#mount = (request) => client.mount(request, { deadlineMs: DEADLINE_MS });
    return this.#mount;
  }

  async #start(): Promise<string> {
    const world = this.#world;
    const { clock, logger, scope, journal, pass } = world;
    const endpoint = join(await world.folder(), "azure.sock");
    const resolvers: readonly Resolver[] = [async (host, port) => this.#find(host, port), loopbackResolver];
    const { certPem } = await runAuthority(world);
    if (pass.subject.kind === "store-provider") {
      if (this.parameters["usePodIdentity"] === "true" && this.azure.metadata.port !== AGENT_PORT)
        world.skip(`the node's agent listens at localhost:${AGENT_PORT} and nowhere else, and that port is taken`);
      const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers }));
      await startStoreProvider(world, pass.subject, {
        socket: endpoint,
        env: proxy.environment("provider/azure"),
        trustedCaPem: certPem,
        flags: flagsOf(this.options),
      });
      return endpoint;
    }
    const provider = new AzureProvider({
      clock,
      log: logger,
      random: pass.random,
      behaviour: pass.behaviour === "hardened" ? "hardened" : "upstream",
      caPem: certPem,
      dialer: createDialer({ resolvers }),
      ...this.options,
    });
    scope.use(await startProvider({ clock, log: logger, journal, endpoint, provider, health: true }));
    return endpoint;
  }

  #find(host: string, port: number): Route | undefined {
    const wildcard = `*${host.slice(host.indexOf("."))}`;
    return this.#routes.get(`${host}:${port}`) ?? this.#routes.get(host) ?? this.#routes.get(wildcard);
  }
}

/** A program asks the node's agent at its fixed port of localhost, past any proxy. */
async function startAtAgentsPort(spec: FakeAzureSpec): Promise<RunningFakeAzure> {
  try {
    return await new FakeAzure({ ...spec, metadataListen: { port: AGENT_PORT } }).start();
  } catch (error) {
    if (!isMountproofError(error) || error.code !== "address_in_use") throw error;
    return await new FakeAzure(spec).start();
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

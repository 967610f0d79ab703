import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FakeGcp, type GcpSeed, type RunningFakeGcp } from "../../../fakes/gcp/index.ts";
import { type KubeConfig, Pods, ServiceAccounts } from "../../../kube/index.ts";
import { createDialer, loopbackResolver, type Resolver, startEgressProxy } from "../../../net/index.ts";
import {
  GCP_PROVIDER_NAMESPACE,
  GCP_PROVIDER_SERVICE_ACCOUNT,
  GcpProvider,
  type GcpProviderSpec,
  gcpProviderManifests,
} from "../../../providers/gcp/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api, type Claims, runAuthority } from "../api.ts";
import {
  HOSTS_ADDRESS,
  NamedValues,
  NOTHING_MOUNTED,
  type ObjectVersion,
  type ProgramNeeds,
  type ProviderParts,
  ProviderUnderTest,
  type StoreOutcome,
} from "../store-provider/index.ts";
import { GcpProcess } from "./process.ts";
import { GcpServers } from "./servers.ts";

export const NAMESPACE = "shop";
export const POD = "web";
export const ACCOUNT = "app";
export const POOL = "p.svc.id.goog";
export const PROVIDER = "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c";
/** As policies know the pod. */
export const MEMBER = `serviceAccount:${POOL}[${NAMESPACE}/${ACCOUNT}]`;
/** The project's number, by which Google's answers call it. */
export const PROJECT_NUMBER = "1234";
export const CLUSTER = { project: "p", location: "l", name: "c" };
const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

/**
 * The GCP provider between its neighbours: an API server, a Google that checks who asks, and the driver's way of
 * calling it. No kubelet and no driver: what a pod sees of a failure is the business of the estate's cases.
 */
export class GcpFacet {
  readonly #world: MountproofWorld;
  #google: RunningFakeGcp | undefined;
  #ourProvider: GcpProvider | undefined;
  readonly #values: NamedValues;
  readonly provider: ProviderUnderTest;
  readonly environment: { -readonly [K in keyof NonNullable<GcpProviderSpec["environment"]>]: string } = {
    PROJECT: CLUSTER.project,
    CLUSTER_LOCATION: CLUSTER.location,
    CLUSTER_NAME: CLUSTER.name,
  };
  /** The class's parameters. */
  readonly parameters: Record<string, string> = {};
  /** Replaces what the driver would send. */
  readonly request: { attributes?: string; permission?: string; targetPath?: string; secrets?: string } = {};
  /** Tokens by audience in place of the pod's own for the pool; null: the driver brings none. */
  tokens: Readonly<Record<string, string>> | null | undefined;
  tokensText: string | undefined;
  pod = { name: POD, serviceAccount: ACCOUNT };
  held: readonly ObjectVersion[] = [];
  outcome: StoreOutcome = NOTHING_MOUNTED;
  mark = 0;
  readonly process: GcpProcess;
  readonly servers: GcpServers;

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.process = new GcpProcess(world);
    this.servers = new GcpServers(world, () => this.google);
    this.#values = new NamedValues(world);
    this.provider = new ProviderUnderTest(world, {
      store: "gcp",
      ours: (parts) => this.#ours(parts),
      program: () => this.#program(),
    });
  }

  get google(): RunningFakeGcp {
    if (this.#google === undefined) throw new Error("no Google was prepared in this scenario");
    return this.#google;
  }

  /** The project with its cluster, the pod with its ServiceAccount, and the provider's own account. */
  async prepare(): Promise<void> {
    const world = this.#world;
    const { clock, journal, scope } = world;
    const kube = world.use(api);
    const [admin, { issuer }, tls] = await Promise.all([kube.admin(), kube.running(), this.servers.certificate()]);
    const spec = { clock, journal, random: world.pass.random, tls, issuerCaPem: issuer.caPem };
    const google = scope.use(await new FakeGcp(spec).start());
    this.#google = google;
    google.seed({ projects: { p: { number: PROJECT_NUMBER } }, clusters: [{ ...CLUSTER, issuer: issuer.url }] });
    await kube.namespace(NAMESPACE);
    for (const manifest of gcpProviderManifests()) await kube.apply(manifest);
    await this.account({});
    await admin.create(Pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: POD, namespace: NAMESPACE },
      spec: { serviceAccountName: ACCOUNT, containers: [{ name: "c", image: "busybox" }] },
    });
  }

  /** The pod's ServiceAccount, with these annotations alone. */
  async account(annotations: Readonly<Record<string, string>>): Promise<void> {
    const metadata = { name: ACCOUNT, namespace: NAMESPACE, annotations };
    await this.#world.use(api).put(ServiceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  }

  /** A canary behind a name, the same each time it is asked for. */
  value(name: string): string {
    return this.#values.of(name);
  }

  /** A secret that the pod may read, with one more version. */
  holds(name: string, value: string | Buffer, member: string = MEMBER): void {
    const bytes = Buffer.from(value);
    this.seed({ secrets: { [name]: { versions: [{ base64: bytes.toString("base64") }], policy: readBy(member) } } });
  }

  seed(seed: GcpSeed): void {
    this.google.seed(seed);
  }

  /** A token that is signed as the cluster's are, and says something else. */
  async tokenSaying(change: Claims, audience: string = POOL): Promise<string> {
    return await this.#world.use(api).tokenSaying({ namespace: NAMESPACE, serviceAccount: ACCOUNT, audience }, change);
  }

  /** The pod's own token, as kubelet asks for it. */
  async ownToken(): Promise<string> {
    return await this.#world.use(api).tokenOf(NAMESPACE, ACCOUNT, {
      audiences: [POOL],
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name: POD },
    });
  }

  /** Mounts the volume as the driver would. */
  async mount(): Promise<void> {
    const attributes = this.request.attributes ?? JSON.stringify(await this.#attributes());
    await this.provider.client();
    this.mark = this.#world.journal.mark();
    this.outcome = await this.provider.mount({
      attributes,
      secrets: this.request.secrets ?? "{}",
      permission: this.request.permission ?? "420",
      targetPath: this.request.targetPath ?? "/var/lib/kubelet/volume",
      currentObjectVersion: this.held,
    });
  }

  /** What Google was asked for by the last mount: the call, what it was about and, for regions, where. */
  calls(): string[] {
    return this.#world.journal
      .entries({ seam: "store", server: "fake/gcp", since: this.mark })
      .map(({ operation, detail }) => {
        const { name, host } = detail as { readonly name?: string; readonly host?: string };
        const method = /\/google\.[\w.]+\/(\w+)$/.exec(operation)?.[1];
        const region = /\.([^.]+)\.rep\.googleapis\.com/.exec(host ?? "")?.[1];
        if (method === undefined)
          return operation.replace("/computeMetadata/v1/", "metadata ").replace(/^GET metadata/, "metadata");
        return [method, name ?? "", ...(region === undefined ? [] : [`in ${region}`])].join(" ").trim();
      });
  }

  /** Who read, by Google's name for them. */
  readers(): string[] {
    return this.#world.journal
      .entries({
        seam: "store",
        server: "fake/gcp",
        since: this.mark,
        operation: /AccessSecretVersion$|RenderParameterVersion$/,
      })
      .map(({ detail }) => String(detail["caller"]));
  }

  /** Calls of the provider's account at the API server. */
  apiCalls(): string[] {
    const caller = `system:serviceaccount:${GCP_PROVIDER_NAMESPACE}:${GCP_PROVIDER_SERVICE_ACCOUNT}`;
    return this.#world.journal
      .entries({ seam: "kube-api", since: this.mark })
      .filter(({ detail }) => detail["caller"] === caller)
      .map(({ operation }) => operation);
  }

  /** What the provider counts of its calls. */
  get metrics(): string {
    return this.#ourProvider?.metrics.text() ?? "";
  }

  async credentialsFile(contents: object): Promise<void> {
    const path = join(await this.#world.folder(), "credentials.json");
    await writeFile(path, JSON.stringify(contents));
    this.environment.GOOGLE_APPLICATION_CREDENTIALS = path;
  }

  async #ours(parts: ProviderParts): Promise<GcpProvider> {
    this.#ourProvider = new GcpProvider({
      ...parts,
      kubeConfig: await this.ownConfig(),
      caPem: (await runAuthority(this.#world)).certPem,
      dialer: createDialer({ resolvers: [loopbackResolver, this.servers.resolver] }),
      environment: this.environment,
    });
    return this.#ourProvider;
  }

  async #program(): Promise<ProgramNeeds> {
    const { clock, journal, scope } = this.#world;
    const byAddress: Resolver = async (host, port) =>
      host === HOSTS_ADDRESS ? await this.servers.resolver("parametermanager.googleapis.com", port) : undefined;
    const resolvers = [loopbackResolver, this.servers.resolver, byAddress];
    const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers }));
    return {
      account: { namespace: GCP_PROVIDER_NAMESPACE, config: await this.ownConfig() },
      env: { ...proxy.environment("provider/gcp"), ...(await this.#variables()) },
      trustedCaPem: (await runAuthority(this.#world)).certPem,
    };
  }

  /** A variable that is empty here is one that is not set. */
  async #variables(): Promise<Record<string, string>> {
    const given = Object.entries(this.environment).filter((entry): entry is [string, string] => !!entry[1]);
    // Google's client asks the metadata server past any proxy.
    const metadata = await this.servers.metadata();
    if (metadata === undefined || !("port" in metadata)) return Object.fromEntries(given);
    return { ...Object.fromEntries(given), GCE_METADATA_HOST: `${metadata.host}:${metadata.port}` };
  }

  /** As what the provider reaches the API server; kubelet would renew its token in time. */
  ownConfig(): Promise<KubeConfig> {
    return this.#world.use(api).configOf(GCP_PROVIDER_NAMESPACE, GCP_PROVIDER_SERVICE_ACCOUNT);
  }

  async #attributes(): Promise<Record<string, string>> {
    const given = this.tokens === undefined ? { [POOL]: await this.ownToken() } : this.tokens;
    const tokens =
      this.tokensText ??
      (given === null
        ? undefined
        : JSON.stringify(
            Object.fromEntries(
              Object.entries(given).map(([audience, token]) => [
                audience,
                { token, expirationTimestamp: "2100-01-01T00:00:00Z" },
              ]),
            ),
          ));
    return {
      ...this.parameters,
      "csi.storage.k8s.io/pod.name": this.pod.name,
      "csi.storage.k8s.io/pod.namespace": NAMESPACE,
      "csi.storage.k8s.io/pod.uid": await this.#podUid(),
      "csi.storage.k8s.io/serviceAccount.name": this.pod.serviceAccount,
      ...(tokens !== undefined && { [TOKENS]: tokens }),
    };
  }

  async #podUid(): Promise<string> {
    const admin = await this.#world.use(api).admin();
    return (await admin.get(Pods, POD, NAMESPACE)).metadata.uid ?? "";
  }
}

/** `s` is short for a secret of the project. */
export function secretNamed(name: string): string {
  return name.startsWith("projects/") ? name : `projects/p/secrets/${name}`;
}

/** As the store itself calls it: by the project's number. */
export function storedName(name: string): string {
  return secretNamed(name).replace("projects/p/", "projects/1234/");
}

export function readBy(member: string) {
  return [{ role: "roles/secretmanager.secretAccessor", members: [member] }];
}

export const googleStore: Facet<GcpFacet> = (world) => new GcpFacet(world);

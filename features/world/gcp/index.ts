import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { minutes } from "../../../core/index.ts";
import { FakeGcp, type GcpSeed, type RunningFakeGcp } from "../../../fakes/gcp/index.ts";
import { Pods, resource, ServiceAccounts } from "../../../kube/index.ts";
import {
  createDialer,
  loopbackResolver,
  type Resolver,
  type Route,
  signJwt,
  startEgressProxy,
} from "../../../net/index.ts";
import {
  GCP_PROVIDER_NAMESPACE,
  GCP_PROVIDER_SERVICE_ACCOUNT,
  GcpProvider,
  type GcpProviderSpec,
  gcpProviderManifests,
} from "../../../providers/gcp/index.ts";
import { startProvider } from "../../../providers/kit/index.ts";
import { CSIDriverProvider, type VersionResponse } from "../../../wire/gen/provider_pb.ts";
import { type GrpcClient, GrpcError, grpcClient } from "../../../wire/grpc/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api, runAuthority, runSigningKey } from "../api.ts";
import { HOSTS_ADDRESS, startStoreProvider } from "../store-provider/index.ts";
import { GcpProcess } from "./process.ts";

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
/** Kubelet gives a publish two minutes; what waits longer has no answer. */
const DEADLINE_MS = minutes(2);
const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";
/** Host names that the certificates of a run's Google bear. */
const NAMES = ["*.googleapis.com", "*.us-central1.rep.googleapis.com"];

export type GcpOutcome = {
  /** `OK`, or the gRPC code's name. */
  readonly code: string;
  readonly message: string;
  readonly statusDetails: Uint8Array | undefined;
  readonly files: readonly { readonly path: string; readonly mode: number; readonly contents: Buffer }[];
  readonly versions: readonly { readonly id: string; readonly version: string }[];
  /** On the clock. */
  readonly tookMs: number;
};

/**
 * The GCP provider between its neighbours: an API server, a Google that checks who asks, and the driver's way of
 * calling it. No kubelet and no driver: what a pod sees of a failure is the business of the estate's cases.
 */
export class GcpFacet {
  readonly #world: MountproofWorld;
  #google: RunningFakeGcp | undefined;
  #provider: GcpProvider | undefined;
  #client: GrpcClient<typeof CSIDriverProvider> | undefined;
  #version: VersionResponse | undefined;
  #tls: Route | undefined;
  #hasMetadata = true;
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
  held: readonly { readonly id: string; readonly version: string }[] = [];
  readonly values = new Map<string, string>();
  outcome: GcpOutcome = {
    code: "none",
    message: "nothing was mounted",
    statusDetails: undefined,
    files: [],
    versions: [],
    tookMs: 0,
  };
  mark = 0;
  readonly process: GcpProcess;

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.process = new GcpProcess(world);
  }

  get google(): RunningFakeGcp {
    if (this.#google === undefined) throw new Error("no Google was prepared in this scenario");
    return this.#google;
  }

  get version(): VersionResponse {
    if (this.#version === undefined) throw new Error("nobody asked for the version");
    return this.#version;
  }

  /** The project with its cluster, the pod with its ServiceAccount, and the provider's own account. */
  async prepare(): Promise<void> {
    const world = this.#world;
    const { clock, journal, scope } = world;
    const kube = world.use(api);
    const [admin, { issuer }, tls] = await Promise.all([kube.admin(), kube.running(), this.#certificate()]);
    const spec = { clock, journal, random: world.pass.random, tls, issuerCaPem: issuer.caPem };
    const google = scope.use(await new FakeGcp(spec).start());
    this.#google = google;
    this.#tls = { host: google.host, port: google.port };
    google.seed({ projects: { p: { number: PROJECT_NUMBER } }, clusters: [{ ...CLUSTER, issuer: issuer.url }] });
    await kube.namespace(NAMESPACE);
    for (const manifest of gcpProviderManifests()) await kube.put(kindOf(manifest), manifest);
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
    let value = this.values.get(name);
    if (value === undefined) {
      value = this.#world.canaries.create(name);
      this.values.set(name, value);
    }
    return value;
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
  async tokenSaying(change: Readonly<Record<string, unknown>>, audience: string = POOL): Promise<string> {
    const { issuer } = await this.#world.use(api).running();
    const now = Math.floor(this.#world.clock.now() / 1000);
    const claims = {
      iss: issuer.url,
      sub: `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`,
      aud: [audience],
      exp: now + 3600,
      iat: now,
      nbf: now,
      ...change,
    };
    return signJwt(claims, await runSigningKey(this.#world));
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
    const { clock } = this.#world;
    const request = {
      attributes: this.request.attributes ?? JSON.stringify(await this.#attributes()),
      secrets: this.request.secrets ?? "{}",
      permission: this.request.permission ?? "420",
      targetPath: this.request.targetPath ?? "/var/lib/kubelet/volume",
      currentObjectVersion: this.held.map((one) => ({ ...one })),
    };
    const client = await this.client();
    this.mark = this.#world.journal.mark();
    const began = clock.now();
    try {
      const reply = await this.#world.settle(client.mount(request, { deadlineMs: DEADLINE_MS }), DEADLINE_MS + 1);
      this.outcome = {
        code: "OK",
        message: "",
        statusDetails: undefined,
        files: reply.files.map(({ path, mode, contents }) => ({ path, mode, contents: Buffer.from(contents) })),
        versions: reply.objectVersion.map(({ id, version }) => ({ id, version })),
        tookMs: clock.now() - began,
      };
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      const { codeName: code, details: message, statusDetails } = error;
      this.outcome = { code, message, statusDetails, files: [], versions: [], tookMs: clock.now() - began };
    }
  }

  async askVersion(): Promise<void> {
    const client = await this.client();
    this.#version = await this.#world.settle(client.version({ version: "v1alpha1" }), DEADLINE_MS);
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
    return this.#provider?.metrics.text() ?? "";
  }

  async credentialsFile(contents: object): Promise<void> {
    const path = join(await this.#world.folder(), "credentials.json");
    await writeFile(path, JSON.stringify(contents));
    this.environment.GOOGLE_APPLICATION_CREDENTIALS = path;
  }

  /** Nobody answers at the metadata addresses. */
  loseMetadata(): void {
    this.#hasMetadata = false;
  }

  /** Nobody listens at Google's names, until they are restored. */
  goDown(): void {
    this.#tls = { host: "127.0.0.1", port: 1 };
    this.#client?.close();
  }

  async restore(): Promise<void> {
    this.google.faults.clear();
    this.#tls = { host: this.google.host, port: this.google.port };
  }

  /** Another certificate at Google's names: connections made before are gone. */
  async replaceServer(tls: { readonly certPem: string; readonly keyPem: string }): Promise<void> {
    this.#tls = this.#world.scope.use(await this.google.listenToo({ tls }));
  }

  /** Google's host names, and the metadata server's; the route is looked up for each connection. */
  readonly resolver: Resolver = async (host) => {
    if (host === "169.254.169.254" || host === "metadata.google.internal")
      return this.#hasMetadata ? await this.#plain() : { host: "127.0.0.1", port: 1 };
    return host.endsWith(".googleapis.com") ? this.#tls : undefined;
  };

  async #plain(): Promise<Route> {
    this.#metadata ??= this.#world.scope.use(await this.google.listenToo({}));
    return this.#metadata;
  }
  #metadata: (Route & AsyncDisposable) | undefined;

  /** The provider, started by the first mount with what the scenario gave it until then. */
  async client(): Promise<GrpcClient<typeof CSIDriverProvider>> {
    if (this.#client !== undefined) return this.#client;
    const { clock, scope } = this.#world;
    const endpoint = join(await this.#world.folder(), "gcp.sock");
    await this.#serve(endpoint);
    const client = grpcClient(CSIDriverProvider, { clock, target: { path: endpoint } });
    scope.defer("connection to the provider", () => client.close());
    this.#client = client;
    return client;
  }

  async #serve(endpoint: string): Promise<void> {
    const world = this.#world;
    const { clock, logger, scope, journal, pass } = world;
    const resolvers = [loopbackResolver, this.resolver];
    const { certPem } = await runAuthority(world);
    if (pass.subject.kind === "store-provider") {
      const byAddress: Resolver = async (host, port) =>
        host === HOSTS_ADDRESS ? await this.resolver("parametermanager.googleapis.com", port) : undefined;
      const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers: [...resolvers, byAddress] }));
      await startStoreProvider(world, pass.subject, {
        socket: endpoint,
        account: { namespace: GCP_PROVIDER_NAMESPACE, config: await this.ownConfig() },
        env: { ...proxy.environment("provider/gcp"), ...(await this.#variables()) },
        trustedCaPem: certPem,
      });
      return;
    }
    const provider = new GcpProvider({
      clock,
      log: logger,
      random: pass.random,
      behaviour: pass.behaviour === "hardened" ? "hardened" : "upstream",
      kubeConfig: await this.ownConfig(),
      caPem: certPem,
      dialer: createDialer({ resolvers }),
      environment: this.environment,
    });
    this.#provider = provider;
    scope.use(await startProvider({ clock, log: logger, journal, endpoint, provider }));
  }

  /** A variable that is empty here is one that is not set. */
  async #variables(): Promise<Record<string, string>> {
    const given = Object.entries(this.environment).filter((entry): entry is [string, string] => !!entry[1]);
    // Google's client asks the metadata server past any proxy.
    const { host, port } = this.#hasMetadata ? ((await this.#plain()) as { host: string; port: number }) : {};
    return { ...Object.fromEntries(given), ...(host !== undefined && { GCE_METADATA_HOST: `${host}:${port}` }) };
  }

  /** As what the provider reaches the API server; kubelet would renew its token in time. */
  async ownConfig() {
    const kube = this.#world.use(api);
    const token = await kube.tokenOf(GCP_PROVIDER_NAMESPACE, GCP_PROVIDER_SERVICE_ACCOUNT, {
      expirationSeconds: 86_400,
    });
    return { ...(await kube.running()).adminConfig, credentials: { kind: "token" as const, token } };
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

  async #certificate() {
    const authority = await runAuthority(this.#world);
    return await this.#world.run.once("certificate of Google", () =>
      authority.issue({ commonName: "googleapis.com", dnsNames: NAMES }),
    );
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

function kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }) {
  const [group = "", version = apiVersion] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return resource({ group, version, kind, plural: `${kind.toLowerCase()}s`, namespaced: kind === "ServiceAccount" });
}

export const googleStore: Facet<GcpFacet> = (world) => new GcpFacet(world);

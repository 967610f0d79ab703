import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { minutes } from "../../../core/index.ts";
import { FakeAws, type RunningFakeAws, STS_AUDIENCE } from "../../../fakes/aws/index.ts";
import { type KubeConfig, Nodes, Pods, resource, ServiceAccounts } from "../../../kube/index.ts";
import { createDialer, loopbackResolver, type Resolver, signJwt, startEgressProxy } from "../../../net/index.ts";
import {
  AWS_PROVIDER_NAMESPACE,
  AWS_PROVIDER_SERVICE_ACCOUNT,
  AwsProvider,
  type AwsProviderSpec,
  awsProviderManifests,
} from "../../../providers/aws/index.ts";
import { startProvider } from "../../../providers/kit/index.ts";
import { CSIDriverProvider, type VersionResponse } from "../../../wire/gen/provider_pb.ts";
import { type GrpcClient, GrpcError, grpcClient } from "../../../wire/grpc/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api, runAuthority, runSigningKey } from "../api.ts";
import { startStoreProvider } from "../store-provider/index.ts";
import { AwsProcess, writeKubeconfig } from "./process.ts";
import { AwsServers } from "./servers.ts";

export const NAMESPACE = "shop";
export const POD = "web";
export const ACCOUNT = "app";
export const ROLE = "app";
export const REGION = "us-west-2";
export const POD_AUDIENCE = "pods.eks.amazonaws.com";
const NODE = "node-a";
/** Kubelet gives a publish two minutes; what waits longer has no answer. */
const DEADLINE_MS = minutes(2);

export type VolumeFile = { readonly path: string; readonly mode: number; readonly contents: Buffer };

export type AwsOutcome = {
  /** `OK`, or the gRPC code's name. */
  readonly code: string;
  readonly message: string;
  readonly versions: readonly { readonly id: string; readonly version: string }[];
};

/**
 * The AWS provider between its neighbours: an API server, an AWS account that checks who asks, and the driver's way of
 * calling it. No kubelet and no driver: what a pod sees of a failure is the business of the estate's cases.
 */
export class AwsFacet {
  readonly #world: MountproofWorld;
  #aws: RunningFakeAws | undefined;
  #client: GrpcClient<typeof CSIDriverProvider> | undefined;
  #target = "";
  /** What the provider is started with, besides what every one needs. */
  readonly options: { -readonly [K in keyof AwsProviderSpec]?: AwsProviderSpec[K] } = {};
  readonly environment: Record<string, string> = {};
  /** The class's parameters. */
  readonly parameters: Record<string, string> = { region: REGION };
  /** Replaces what the driver would send. */
  readonly request: { attributes?: string; permission?: string; targetPath?: string } = {};
  /** Tokens by audience; a text in place of those that kubelet would bring. Undefined: none for that audience. */
  readonly tokens = new Map<string, string | undefined>();
  /** The text of the tokens attribute in place of what it would be; null leaves it out. */
  tokensText: string | null | undefined;
  /** What secrets and parameters hold, by name. */
  readonly values = new Map<string, string>();
  /** What the driver holds by now. */
  held: readonly { readonly id: string; readonly version: string }[] = [];
  pod = { name: POD, serviceAccount: ACCOUNT };
  outcome: AwsOutcome = { code: "none", message: "nothing was mounted", versions: [] };
  mark = 0;
  #answered: readonly VolumeFile[] = [];
  #version: VersionResponse | undefined;
  readonly process: AwsProcess;
  readonly servers: AwsServers;
  /** Every refusal's text: it would reach the pod's events. */
  readonly #messages: string[] = [];

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.process = new AwsProcess(world);
    this.servers = new AwsServers(world, () => this.aws);
    world.exposes("messages of the AWS provider", () => this.#messages.join("\n"));
  }

  get aws(): RunningFakeAws {
    if (this.#aws === undefined) throw new Error("no AWS account was prepared in this scenario");
    return this.#aws;
  }

  get target(): string {
    return this.#target;
  }

  /** The account, the pod and its ServiceAccount with a role that may read everything, and the provider's own account. */
  async prepare(): Promise<void> {
    const world = this.#world;
    const { clock, journal, scope } = world;
    this.#target = join(await world.folder(), "mount");
    await mkdir(this.#target);
    const kube = world.use(api);
    const admin = await kube.admin();
    const { issuer } = await kube.running();
    const aws = scope.use(await new FakeAws({ clock, journal, random: world.pass.random }).start());
    this.#aws = aws;
    aws.admin.trustIssuer(issuer);
    aws.admin.policy("read", ALLOW_ALL);
    this.trust(`system:serviceaccount:${NAMESPACE}:${ACCOUNT}`);
    aws.admin.podIdentity("prod", issuer, [{ namespace: NAMESPACE, serviceAccount: ACCOUNT, role: "pod" }]);
    aws.admin.role("pod", POD_TRUST, ["read"]);
    await kube.namespace(NAMESPACE);
    for (const manifest of awsProviderManifests()) await kube.put(kindOf(manifest), manifest);
    await this.account(ACCOUNT, ROLE);
    await kube.put(Nodes, { apiVersion: "v1", kind: "Node", metadata: { name: NODE } });
    await admin.create(Pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: POD, namespace: NAMESPACE },
      spec: { serviceAccountName: ACCOUNT, nodeName: NODE, containers: [{ name: "c", image: "busybox" }] },
    });
  }

  /** The role's trust policy: whose token it takes. */
  trust(subject: string, audience: string = STS_AUDIENCE, issuerUrl?: string): void {
    const url = issuerUrl ?? [...this.aws.admin.account.iam.providers.values()][0]?.url ?? "";
    this.aws.admin.role(ROLE, this.aws.admin.trustFor(url, subject, audience), ["read"]);
  }

  async account(name: string, role: string | undefined): Promise<void> {
    const annotations = role === undefined ? {} : { "eks.amazonaws.com/role-arn": this.roleArn(role) };
    const metadata = { name, namespace: NAMESPACE, annotations };
    await this.#world.use(api).put(ServiceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  }

  roleArn(role: string): string {
    return `arn:aws:iam::${this.aws.accountId}:role/${role}`;
  }

  async region(region: string | undefined): Promise<void> {
    const labels = region === undefined ? {} : { "topology.kubernetes.io/region": region };
    await this.#world.use(api).put(Nodes, { apiVersion: "v1", kind: "Node", metadata: { name: NODE, labels } });
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

  /** A token that is signed as the cluster's are, and says something else. */
  async tokenSaying(change: Readonly<Record<string, unknown>>, audience: string = STS_AUDIENCE): Promise<string> {
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

  /** Mounts the volume as the driver would, and writes what it is handed where the driver would. */
  async mount(): Promise<void> {
    this.mark = this.#world.journal.mark();
    const request = {
      attributes: this.request.attributes ?? JSON.stringify(await this.#attributes()),
      secrets: "null",
      permission: this.request.permission ?? "420",
      targetPath: this.request.targetPath ?? this.#target,
      currentObjectVersion: this.held.map(({ id, version }) => ({ id, version })),
    };
    const client = await this.#provider();
    try {
      const response = await this.#world.settle(client.mount(request, { deadlineMs: DEADLINE_MS }), DEADLINE_MS);
      this.#answered = response.files.map(({ path, mode, contents }) => ({
        path,
        mode,
        contents: Buffer.from(contents),
      }));
      for (const file of this.#answered) await this.#write(file);
      const versions = response.objectVersion.map(({ id, version }) => ({ id, version }));
      this.outcome = { code: "OK", message: "", versions };
      this.held = versions;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      this.#answered = [];
      this.outcome = { code: error.codeName, message: error.details, versions: [] };
      this.#messages.push(error.details);
    }
  }

  async askVersion(): Promise<void> {
    const client = await this.#provider();
    this.#version = await this.#world.settle(client.version({ version: "v1alpha1" }), DEADLINE_MS);
  }

  get version(): VersionResponse {
    if (this.#version === undefined) throw new Error("nobody asked for the version");
    return this.#version;
  }

  /** The provider's own account, for one that runs as a process. */
  async kubeconfig(): Promise<string> {
    const kube = this.#world.use(api);
    const { server, caPem } = (await kube.running()).adminConfig;
    const token = await this.#ownToken();
    return await writeKubeconfig(join(await this.#world.folder(), "kubeconfig"), { server, caPem, token });
  }

  /** What the answer itself brought. */
  get answered(): readonly VolumeFile[] {
    return this.#answered;
  }

  /** What stands in the volume, whoever wrote it. */
  async files(): Promise<VolumeFile[]> {
    const names = (await readdir(this.#target, { recursive: true })).sort();
    const files = await Promise.all(
      names.map(async (path): Promise<VolumeFile | undefined> => {
        const found = await stat(join(this.#target, path));
        if (!found.isFile()) return undefined;
        return { path, mode: found.mode & 0o777, contents: await readFile(join(this.#target, path)) };
      }),
    );
    return files.filter((file) => file !== undefined);
  }

  async forget(path: string): Promise<void> {
    await rm(join(this.#target, path));
  }

  /** Calls that AWS was asked for by the last mount, each with what it was about. */
  calls(): string[] {
    return this.#world.journal
      .entries({ seam: "store", server: "fake/aws", since: this.mark })
      .map(({ operation, detail }) => {
        const { SecretId, Names, VersionId, VersionStage, roleArn } = detail as Record<string, unknown>;
        const about = [
          SecretId ?? (Array.isArray(Names) ? Names.join(",") : undefined) ?? String(roleArn ?? "").split("role/")[1],
          VersionId === undefined ? undefined : `version=${VersionId}`,
          VersionStage === undefined ? undefined : `label=${VersionStage}`,
        ];
        return [operation, ...about.filter((part) => part !== undefined)].join(" ");
      });
  }

  /** The addresses at which the Pod Identity agent was asked by the last mount. */
  agentHosts(): string[] {
    return this.#world.journal
      .entries({ seam: "store", server: "fake/aws", operation: "pod-identity/credentials", since: this.mark })
      .map(({ detail }) => String(detail["host"]));
  }

  /** Reads at the API server by the provider's account. */
  reads(): string[] {
    const caller = `system:serviceaccount:${AWS_PROVIDER_NAMESPACE}:${AWS_PROVIDER_SERVICE_ACCOUNT}`;
    return this.#world.journal
      .entries({ seam: "kube-api", since: this.mark })
      .filter(({ detail }) => detail["caller"] === caller)
      .map(({ operation }) => operation);
  }

  async #attributes(): Promise<Record<string, string>> {
    const tokens = this.tokensText === undefined ? JSON.stringify(await this.#tokens()) : this.tokensText;
    return {
      ...this.parameters,
      "csi.storage.k8s.io/pod.name": this.pod.name,
      "csi.storage.k8s.io/pod.namespace": NAMESPACE,
      "csi.storage.k8s.io/pod.uid": "uid",
      "csi.storage.k8s.io/serviceAccount.name": this.pod.serviceAccount,
      ...(tokens !== null && { "csi.storage.k8s.io/serviceAccount.tokens": tokens }),
    };
  }

  /** The provider's own; kubelet would renew it in time. */
  async #ownToken(): Promise<string> {
    const kube = this.#world.use(api);
    return await kube.tokenOf(AWS_PROVIDER_NAMESPACE, AWS_PROVIDER_SERVICE_ACCOUNT, { expirationSeconds: 86_400 });
  }

  /** As kubelet asks for them: bound to the pod, one an audience. */
  async #tokens(): Promise<Record<string, { token: string }>> {
    const tokens: Record<string, { token: string }> = {};
    for (const audience of [STS_AUDIENCE, POD_AUDIENCE]) {
      const own = this.tokens.has(audience)
        ? this.tokens.get(audience)
        : await this.#world.use(api).tokenOf(NAMESPACE, ACCOUNT, {
            audiences: [audience],
            boundObjectRef: { kind: "Pod", apiVersion: "v1", name: POD },
          });
      if (own !== undefined) tokens[audience] = { token: own };
    }
    return tokens;
  }

  async #write({ path, mode, contents }: VolumeFile): Promise<void> {
    const file = join(this.#target, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, contents);
    await chmod(file, mode & 0o777);
  }

  /** The provider, started by the first mount with what the scenario gave it until then. */
  async #provider(): Promise<GrpcClient<typeof CSIDriverProvider>> {
    if (this.#client !== undefined) return this.#client;
    const { clock, scope } = this.#world;
    const endpoint = join(await this.#world.folder(), "aws.sock");
    await this.#serve(endpoint);
    const client = grpcClient(CSIDriverProvider, { clock, target: { path: endpoint } });
    scope.defer("connection to the provider", () => client.close());
    this.#client = client;
    return client;
  }

  async #serve(endpoint: string): Promise<void> {
    const world = this.#world;
    const { clock, logger, scope, journal, pass } = world;
    const kube = world.use(api);
    const authority = await runAuthority(world);
    const resolvers: readonly Resolver[] = [loopbackResolver, async (host) => await this.servers.route(host)];
    const config: KubeConfig = {
      ...(await kube.running()).adminConfig,
      credentials: { kind: "token", token: await this.#ownToken() },
    };
    if (pass.subject.kind === "store-provider") {
      const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers }));
      await startStoreProvider(world, pass.subject, {
        socket: endpoint,
        account: { namespace: AWS_PROVIDER_NAMESPACE, config },
        env: { ...proxy.environment("provider/aws"), ...this.environment },
        trustedCaPem: authority.certPem,
        ...(this.options.driverWritesSecrets === true && { flags: ["--driver-writes-secrets=true"] }),
      });
      return;
    }
    const provider = new AwsProvider({
      clock,
      log: logger,
      random: world.pass.random,
      behaviour: world.pass.behaviour === "hardened" ? "hardened" : "upstream",
      kubeConfig: config,
      caPem: authority.certPem,
      dialer: createDialer({ resolvers }),
      environment: this.environment,
      ...this.options,
    });
    scope.use(await startProvider({ clock, log: logger, journal, endpoint, provider }));
  }
}

function kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }) {
  const [group = "", version = apiVersion] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return resource({ group, version, kind, plural: `${kind.toLowerCase()}s`, namespaced: kind === "ServiceAccount" });
}

const ALLOW_ALL = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["secretsmanager:*", "ssm:GetParameters"], Resource: "*" }],
};

const POD_TRUST = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
    },
  ],
};

export const awsStore: Facet<AwsFacet> = (world) => new AwsFacet(world);

import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AwsHandle, FakeAws, openServedAws, STS_AUDIENCE } from "../../../fakes/aws/index.ts";
import { type KubeConfig, kubeconfigText, Nodes, Pods, ServiceAccounts } from "../../../kube/index.ts";
import { createDialer, loopbackResolver, type Resolver, startEgressProxy } from "../../../net/index.ts";
import {
  AWS_PROVIDER_NAMESPACE,
  AWS_PROVIDER_SERVICE_ACCOUNT,
  AwsProvider,
  type AwsProviderSpec,
  awsProviderManifests,
} from "../../../providers/aws/index.ts";
import { check } from "../../check.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api, type Claims, runAuthority } from "../api.ts";
import { emulatorOf } from "../emulator.ts";
import {
  NamedValues,
  NOTHING_MOUNTED,
  type ObjectVersion,
  type ProgramNeeds,
  type ProviderParts,
  ProviderUnderTest,
  type StoreOutcome,
  type VolumeFile,
} from "../store-provider/index.ts";
import { AwsProcess } from "./process.ts";
import { AwsServers, REGIONS } from "./servers.ts";

export const NAMESPACE = "shop";
export const POD = "web";
export const ACCOUNT = "app";
export const ROLE = "app";
export const REGION = "us-west-2";
export const POD_AUDIENCE = "pods.eks.amazonaws.com";
const NODE = "node-a";

/**
 * The AWS provider between its neighbours: an API server, an AWS account that checks who asks, and the driver's way of
 * calling it. No kubelet and no driver: what a pod sees of a failure is the business of the estate's cases.
 */
export class AwsFacet {
  readonly #world: MountproofWorld;
  #aws: AwsHandle | undefined;
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
  readonly #values: NamedValues;
  readonly provider: ProviderUnderTest;
  /** What the driver holds by now. */
  held: readonly ObjectVersion[] = [];
  pod = { name: POD, serviceAccount: ACCOUNT };
  outcome: StoreOutcome = NOTHING_MOUNTED;
  mark = 0;
  readonly process: AwsProcess;
  readonly servers: AwsServers;

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.process = new AwsProcess(world);
    this.servers = new AwsServers(world, () => this.aws);
    this.#values = new NamedValues(world);
    this.provider = new ProviderUnderTest(world, {
      store: "aws",
      ours: (parts) => this.#ours(parts),
      program: () => this.#program(),
    });
  }

  get aws(): AwsHandle {
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
    const emulator = await emulatorOf(world);
    const aws =
      emulator?.aws === undefined
        ? scope.use(await new FakeAws({ clock, journal, random: world.pass.random }).start())
        : await openServedAws({ clock, journal, ...emulator.aws, regions: REGIONS }, scope);
    this.#aws = aws;
    aws.admin.trustIssuer(issuer);
    aws.admin.policy("read", ALLOW_ALL);
    this.trust(`system:serviceaccount:${NAMESPACE}:${ACCOUNT}`);
    aws.admin.podIdentity("prod", issuer, [{ namespace: NAMESPACE, serviceAccount: ACCOUNT, role: "pod" }]);
    aws.admin.role("pod", POD_TRUST, ["read"]);
    await kube.namespace(NAMESPACE);
    for (const manifest of awsProviderManifests()) await kube.apply(manifest);
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
    const url = issuerUrl ?? this.aws.admin.issuerUrl;
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
    return this.#values.of(name);
  }

  /** A token that is signed as the cluster's are, and says something else. */
  async tokenSaying(change: Claims, audience: string = STS_AUDIENCE): Promise<string> {
    return await this.#world.use(api).tokenSaying({ namespace: NAMESPACE, serviceAccount: ACCOUNT, audience }, change);
  }

  /** Mounts the volume as the driver would, and writes what it is handed where the driver would. */
  async mount(): Promise<void> {
    await this.aws.settled();
    this.mark = this.#world.journal.mark();
    this.outcome = await this.provider.mount({
      attributes: this.request.attributes ?? JSON.stringify(await this.#attributes()),
      secrets: "null",
      permission: this.request.permission ?? "420",
      targetPath: this.request.targetPath ?? this.#target,
      currentObjectVersion: this.held,
    });
    if (this.outcome.code !== "OK") return;
    for (const file of this.outcome.files) await this.#write(file);
    this.held = this.outcome.versions;
  }

  /** The provider's own account, for one that runs as a process. */
  async kubeconfig(): Promise<string> {
    const path = join(await this.#world.folder(), "kubeconfig");
    await writeFile(path, kubeconfigText(await this.#ownConfig(), "c"));
    return path;
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
    const isThere = (await this.files()).some((file) => file.path === path);
    check(isThere, "the volume has the file", { expected: path, got: "no such file" });
    await rm(join(this.#target, path));
  }

  /** Calls that AWS was asked for by the last mount, each with what it was about. */
  calls(): string[] {
    return this.#world.journal.entries({ seam: "store", since: this.mark }).map(({ operation, detail }) => {
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
      .entries({ seam: "store", operation: "pod-identity/credentials", since: this.mark })
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

  #ownConfig(): Promise<KubeConfig> {
    return this.#world.use(api).configOf(AWS_PROVIDER_NAMESPACE, AWS_PROVIDER_SERVICE_ACCOUNT);
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

  async #ours(parts: ProviderParts): Promise<AwsProvider> {
    return new AwsProvider({
      ...parts,
      kubeConfig: await this.#ownConfig(),
      caPem: (await runAuthority(this.#world)).certPem,
      dialer: createDialer({ resolvers: this.#resolvers }),
      environment: this.environment,
      ...this.options,
    });
  }

  async #program(): Promise<ProgramNeeds> {
    const { clock, journal, scope } = this.#world;
    const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers: this.#resolvers }));
    return {
      account: { namespace: AWS_PROVIDER_NAMESPACE, config: await this.#ownConfig() },
      env: { ...proxy.environment("provider/aws"), ...this.environment },
      trustedCaPem: (await runAuthority(this.#world)).certPem,
      ...(this.options.driverWritesSecrets === true && { flags: ["--driver-writes-secrets=true"] }),
    };
  }

  get #resolvers(): readonly Resolver[] {
    return [loopbackResolver, async (host) => await this.servers.route(host)];
  }
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

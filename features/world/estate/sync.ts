import { join } from "node:path";
import { seconds } from "../../../core/index.ts";
import { DRIVER_NAME } from "../../../driver/index.ts";
import { Deployments, type KubeObject, Pods, ReplicaSets, Secrets } from "../../../kube/index.ts";
import { files, ScriptedProvider } from "../../../wire/scripted-provider.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { estate } from "./index.ts";

const NAMESPACE = "shop";
const CLASS = "app-secrets";
const SECRET = "creds";

type Workload = "Deployment" | "StatefulSet" | "Job";

/** Applications of a whole cluster whose Secret comes from what they mount. */
export class SyncEstateFacet {
  readonly #world: MountproofWorld;
  #provider: ScriptedProvider | undefined;
  /** UIDs by what the scenario calls their objects. */
  readonly remembered = new Map<string, string>();

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  /** Driver with sync and rotation, a provider that holds one password, and a class that makes a Secret of it. */
  async install(): Promise<void> {
    const { clock, scope } = this.#world;
    const cluster = await this.#world.use(estate).cluster();
    await this.#world.use(estate).installDriver("vault/driver-values.yaml");
    const path = join(cluster.node().paths.providersDir, "scripted.sock");
    this.#provider = scope.use(await new ScriptedProvider(clock, path, files({ password: "first" })).start());
    await cluster.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: NAMESPACE } },
    ]);
    await this.defineClass([
      { secretName: SECRET, type: "Opaque", data: [{ objectName: "password", key: "password" }] },
    ]);
  }

  async defineClass(secretObjects: readonly unknown[]): Promise<void> {
    const cluster = await this.#world.use(estate).cluster();
    await cluster.apply([
      {
        apiVersion: "secrets-store.csi.x-k8s.io/v1",
        kind: "SecretProviderClass",
        metadata: { name: CLASS, namespace: NAMESPACE },
        spec: { provider: "scripted", parameters: { objects: "all" }, secretObjects },
      },
    ]);
    await this.#world.elapse(seconds(1));
  }

  rotate(text: string): void {
    this.#provider?.answers(files({ password: text }, text));
  }

  /** A workload whose pods mount the class and read the Secret, the ways a container can. */
  async run(kind: Workload | "Pod", name: string, image = "app:1", isReadingSecret = false): Promise<void> {
    const cluster = await this.#world.use(estate).cluster();
    const labels = { app: name };
    const spec = podSpec(image, isReadingSecret);
    const template = { metadata: { labels }, spec };
    const metadata = { name, namespace: NAMESPACE };
    if (kind === "Pod") {
      await cluster.apply([{ apiVersion: "v1", kind, metadata: { ...metadata, labels }, spec }]);
      return;
    }
    if (kind === "Job") {
      const once = { ...template, spec: { ...spec, restartPolicy: "Never" } };
      await cluster.apply([{ apiVersion: "batch/v1", kind, metadata, spec: { template: once } }]);
      return;
    }
    const selector = { matchLabels: labels };
    await cluster.apply([
      {
        apiVersion: "apps/v1",
        kind,
        metadata,
        spec: { replicas: 1, selector, template, ...(kind === "StatefulSet" && { serviceName: name }) },
      },
    ]);
  }

  async scale(name: string, replicas: number): Promise<void> {
    const { admin } = await this.#world.use(estate).cluster();
    await admin.patch(Deployments, { name, namespace: NAMESPACE }, "merge", { spec: { replicas } });
  }

  async delete(kind: { readonly plural: string } & typeof Deployments, name: string): Promise<void> {
    const { admin } = await this.#world.use(estate).cluster();
    await admin.delete(kind, { name, namespace: NAMESPACE });
  }

  async pods(name: string): Promise<KubeObject[]> {
    return await this.#world.use(estate).pods(NAMESPACE, name);
  }

  /** Pods of the application whose container runs. */
  async running(name: string): Promise<KubeObject[]> {
    return (await this.pods(name)).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        (status as { conditions?: { type: string; status: string }[] }).conditions?.some(
          (condition) => condition.type === "Ready" && condition.status === "True",
        ) === true,
    );
  }

  /** What the first container of the application's pod waits for. */
  async waitingReason(name: string): Promise<string | undefined> {
    const [pod] = await this.pods(name);
    const { containerStatuses = [] } = (pod?.["status"] ?? {}) as {
      containerStatuses?: { state?: { waiting?: { reason?: string } } }[];
    };
    return containerStatuses[0]?.state?.waiting?.reason;
  }

  async secret(): Promise<KubeObject | undefined> {
    return await (await this.#world.use(estate).cluster()).admin.find(Secrets, SECRET, NAMESPACE);
  }

  /** Owners as `kind name`; ReplicaSets by their Deployment. */
  async owners(): Promise<string[]> {
    const cluster = await this.#world.use(estate).cluster();
    const owners: string[] = [];
    for (const { kind, name } of (await this.secret())?.metadata.ownerReferences ?? []) {
      const replicaSet = kind === "ReplicaSet" ? await cluster.admin.find(ReplicaSets, name, NAMESPACE) : undefined;
      owners.push(
        replicaSet === undefined
          ? `${kind} ${name}`
          : `ReplicaSet of ${replicaSet.metadata.ownerReferences?.[0]?.name}`,
      );
    }
    return owners.sort();
  }

  async environment(name: string, variable: string): Promise<string | undefined> {
    const [pod] = await this.running(name);
    const cluster = await this.#world.use(estate).cluster();
    return (await cluster.environment({ namespace: NAMESPACE, name: pod?.metadata.name ?? "" })).get(variable);
  }

  async file(name: string, path: string): Promise<string | undefined> {
    const [pod] = await this.running(name);
    const cluster = await this.#world.use(estate).cluster();
    const seen = await cluster.readFiles({ namespace: NAMESPACE, name: pod?.metadata.name ?? "" }, path);
    return seen[0]?.content.toString("utf8");
  }

  async restart(name: string): Promise<void> {
    const cluster = await this.#world.use(estate).cluster();
    for (const { metadata } of await this.pods(name))
      await cluster.admin.delete(Pods, { name: metadata.name ?? "", namespace: NAMESPACE });
  }
}

function podSpec(image: string, isReadingSecret: boolean): Record<string, unknown> {
  const mount = { name: "store", mountPath: "/mnt/secrets", readOnly: true };
  const secretMount = { name: "synced", mountPath: "/mnt/synced", readOnly: true };
  const reads = {
    env: [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: SECRET, key: "password" } } }],
    envFrom: [{ prefix: "ALL_", secretRef: { name: SECRET } }],
  };
  return {
    containers: [
      {
        name: "app",
        image,
        volumeMounts: isReadingSecret ? [mount, secretMount] : [mount],
        ...(isReadingSecret && reads),
      },
    ],
    volumes: [
      {
        name: "store",
        csi: { driver: DRIVER_NAME, readOnly: true, volumeAttributes: { secretProviderClass: CLASS } },
      },
      ...(isReadingSecret ? [{ name: "synced", secret: { secretName: SECRET, optional: true } }] : []),
    ],
  };
}

export const syncEstate: Facet<SyncEstateFacet> = (world) => new SyncEstateFacet(world);

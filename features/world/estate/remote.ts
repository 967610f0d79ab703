import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import { openContext, openRemoteCluster, type RemoteCluster } from "../../../clusters/kubeconfig/index.ts";
import { MountproofError, minutes } from "../../../core/index.ts";
import { DRIVER_NAME, driverDaemonSet, driverManifests } from "../../../driver/index.ts";
import { DaemonSets, type KubeObject, Pods, resource } from "../../../kube/index.ts";
import { type ClusterUnderTest, layoutOf } from "../../../suite/index.ts";
import type { MountproofWorld } from "../../world.ts";

type DriverValues = Parameters<typeof driverDaemonSet>[0];
type Installed = { readonly cluster: RemoteCluster; readonly parts: Set<string> };

const CSIDrivers = resource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
});
const CustomResourceDefinitions = resource({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
});
const READY_WITHIN_MS = minutes(3);

/** The cluster that the run was pointed at; undefined where it makes its own. */
export function clusterUnderTest({ pass }: MountproofWorld): ClusterUnderTest | undefined {
  return pass.subject.kind === "reference" ? pass.subject.cluster : undefined;
}

/** A scenario's own share of the cluster: what it makes goes with it, what is installed stays for the next. */
export async function openShare(world: MountproofWorld, target: ClusterUnderTest): Promise<RunningEmbeddedCluster> {
  await installation(world, target);
  const cluster = await open(world, target);
  return world.scope.use(asEstate(cluster));
}

/** Driver and providers are installed once a run, and removed at its end; so is what an earlier run left. */
async function installation(world: MountproofWorld, target: ClusterUnderTest): Promise<Installed> {
  const { run } = world;
  return await run.once(`cluster ${target.context}`, async (scope) => {
    const cluster = scope.use(await open(world, target));
    const swept = target.isKept === true ? 0 : await cluster.owned.sweep();
    if (swept > 0) world.note(`${swept} objects that an earlier run had left in the cluster were removed`);
    return { cluster, parts: new Set<string>() };
  });
}

async function open({ run, logger, journal }: MountproofWorld, target: ClusterUnderTest): Promise<RemoteCluster> {
  const context = await openContext(target.kubeconfig, target.context);
  return await openRemoteCluster(context, { clock: run.clock, log: logger, journal, run: target.runId });
}

/** The driver's chart: its definitions, its objects, its DaemonSet on every node. A driver that is there is used. */
export async function installRemoteDriver(
  world: MountproofWorld,
  target: ClusterUnderTest,
  values: DriverValues,
): Promise<void> {
  const { cluster, parts } = await installation(world, target);
  if (parts.has("driver")) return;
  parts.add("driver");
  const found = await cluster.admin.find(CSIDrivers, DRIVER_NAME);
  if (found !== undefined) return world.note(`the driver that the cluster has was used (${DRIVER_NAME})`);
  const folder = join(layoutOf().root, "deploy", "charts", "secrets-store-csi-driver", "crds");
  for (const file of await readdir(folder)) {
    const [definition] = await documentsOf(join(folder, file));
    if (definition === undefined) continue;
    const isThere = await cluster.admin.find(CustomResourceDefinitions, definition.metadata.name ?? "");
    if (isThere === undefined) await cluster.apply([definition]);
  }
  const daemonSet = driverDaemonSet(values);
  await cluster.apply([...driverManifests(values), daemonSet].map((object) => withImages(object, target)));
  await ready(cluster, daemonSet);
}

/** A provider's manifests and DaemonSet. One that is there is used. */
export async function installRemoteProvider(
  world: MountproofWorld,
  target: ClusterUnderTest,
  name: string,
  objects: readonly KubeObject[],
): Promise<void> {
  const { cluster, parts } = await installation(world, target);
  if (parts.has(name)) return;
  parts.add(name);
  const daemonSet = objects.find(({ kind }) => kind === "DaemonSet");
  if (daemonSet === undefined)
    throw new MountproofError("internal", { message: `the provider "${name}" has no DaemonSet` });
  const { namespace, name: called = "" } = daemonSet.metadata;
  if ((await cluster.admin.find(DaemonSets, called, namespace)) !== undefined)
    return world.note(`the provider that the cluster has was used (${namespace}/${called})`);
  await cluster.apply(objects.map((object) => withImages(object, target)));
  await ready(cluster, daemonSet);
}

/** Replaces objects of a part that this run installed, such as its rights. */
export async function changeInstalled(
  world: MountproofWorld,
  target: ClusterUnderTest,
  objects: readonly KubeObject[],
): Promise<void> {
  await (await installation(world, target)).cluster.apply(objects);
}

/** An example as it can run in a real cluster: with an image that is there, a command that stays, and an end at once. */
export function forRemote(object: KubeObject, target: ClusterUnderTest): KubeObject {
  if (object.kind !== "Deployment") return object;
  const copy = structuredClone(withImages(object, target)) as KubeObject & {
    spec: {
      template: { spec: { terminationGracePeriodSeconds?: number; containers: { command?: readonly string[] }[] } };
    };
  };
  const { spec } = copy.spec.template;
  spec.terminationGracePeriodSeconds = 0;
  for (const container of spec.containers) container.command ??= target.settings.command;
  return copy;
}

function withImages(object: KubeObject, { settings }: ClusterUnderTest): KubeObject {
  const text = JSON.stringify(object).replace(/"image":"([^"]+)"/g, (whole, image: string) => {
    const own = settings.images[image];
    return own === undefined ? whole : `"image":${JSON.stringify(own)}`;
  });
  return JSON.parse(text) as KubeObject;
}

async function documentsOf(path: string): Promise<KubeObject[]> {
  return parseAllDocuments(await readFile(path, "utf8")).map((document) => document.toJS() as KubeObject);
}

async function ready(cluster: RemoteCluster, { metadata }: KubeObject): Promise<void> {
  const { namespace = "", name = "" } = metadata;
  const isReady = async (): Promise<boolean> => {
    const { status } = await cluster.admin.get(DaemonSets, name, namespace);
    const { desiredNumberScheduled = 0, numberReady = 0 } = (status ?? {}) as Record<string, number>;
    return desiredNumberScheduled > 0 && numberReady === desiredNumberScheduled;
  };
  if (await cluster.until(isReady, READY_WITHIN_MS)) return;
  throw new MountproofError("subject_failed", {
    message: `the DaemonSet "${namespace}/${name}" does not get Ready: ${await why(cluster, namespace, name)}`,
    hint: "are its images there for the nodes? --cluster-settings says which image stands for which",
  });
}

async function why(cluster: RemoteCluster, namespace: string, name: string): Promise<string> {
  const { items } = await cluster.admin.list(Pods, { namespace });
  const states = items
    .filter(({ metadata }) => metadata.name?.startsWith(name))
    .flatMap(({ metadata, status }) =>
      ((status as { containerStatuses?: { name: string; ready: boolean; state?: object }[] })?.containerStatuses ?? [])
        .filter((container) => !container.ready)
        .map((container) => `${metadata.name}/${container.name} ${JSON.stringify(container.state)}`),
    );
  return states.join("; ") || "it has no pod";
}

/** As the estate's steps know a cluster. What only a simulated one can do is refused. */
function asEstate(cluster: RemoteCluster): RunningEmbeddedCluster {
  return new Proxy(cluster, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value === "function") return value.bind(target);
      if (name in target || typeof name === "symbol" || name === "then") return value;
      throw new MountproofError("unsupported", {
        message: `a cluster behind a kubeconfig has no "${name}": the case is not one of @any-cluster`,
      });
    },
  }) as unknown as RunningEmbeddedCluster;
}

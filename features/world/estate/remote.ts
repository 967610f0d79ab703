import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { openContext, openRemoteCluster, type RemoteCluster } from "../../../clusters/kubeconfig/index.ts";
import { MountproofError, minutes } from "../../../core/index.ts";
import { DRIVER_NAME, driverDaemonSet, driverManifests } from "../../../driver/index.ts";
import { DaemonSets, type KubeObject, Pods, resource } from "../../../kube/index.ts";
import { type ClusterUnderTest, layoutOf } from "../../../suite/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { PartLogs } from "./part-logs.ts";
import { inCluster, trustedAuthority, trusting } from "./remote-objects.ts";

type DriverValues = NonNullable<Parameters<typeof driverDaemonSet>[0]>;
type Installed = {
  readonly cluster: RemoteCluster;
  /** What was installed, or is being: an installation that failed fails every case that needs it, at once. */
  readonly parts: Map<string, Promise<void>>;
  readonly logs: PartLogs;
  /** Whom kubelet makes tokens for by now, as JSON; undefined for a driver that somebody else installed. */
  tokens?: string;
};

const CSIDrivers = resource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
});
const Namespaces = resource({ version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false });
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

/** Driver and providers are installed once a run, and removed at its end; so is what an earlier run left. */
export async function installation(world: MountproofWorld, target: ClusterUnderTest): Promise<Installed> {
  const { run } = world;
  return await run.once(`cluster ${target.context}`, async (scope) => {
    const cluster = scope.use(await openTarget(world, target));
    const swept = target.isKept === true ? 0 : await cluster.owned.sweep();
    if (swept > 0) world.note(`${swept} objects that an earlier run had left in the cluster were removed`);
    await defineKinds(cluster);
    return { cluster, parts: new Map<string, Promise<void>>(), logs: new PartLogs() };
  });
}

export async function openTarget(
  { run, logger, journal }: MountproofWorld,
  target: ClusterUnderTest,
): Promise<RemoteCluster> {
  const context = await openContext(target.kubeconfig, target.context);
  return await openRemoteCluster(context, {
    clock: run.clock,
    log: logger,
    journal,
    run: target.runId,
    signal: run.signal,
    isDeleted: target.isDeleted === true,
  });
}

/** The driver's chart: its definitions, its objects, its DaemonSet on every node. A driver that is there is used. */
export async function installRemoteDriver(
  world: MountproofWorld,
  target: ClusterUnderTest,
  values: DriverValues,
): Promise<void> {
  const installed = await installation(world, target);
  await installOnce(installed, "driver", () => putDriver(installed, world, target, values));
  await askFor(values.tokenRequests ?? [], installed, world);
}

async function putDriver(
  installed: Installed,
  world: MountproofWorld,
  target: ClusterUnderTest,
  values: DriverValues,
): Promise<void> {
  const { cluster } = installed;
  if ((await cluster.admin.find(CSIDrivers, DRIVER_NAME)) !== undefined)
    return world.note(`the driver that the cluster has was used (${DRIVER_NAME})`);
  const daemonSet = driverDaemonSet(values);
  await cluster.apply([...driverManifests(values), daemonSet].map((object) => inCluster(object, target)));
  installed.logs.add(daemonSet);
  await ready(cluster, daemonSet);
  installed.tokens = JSON.stringify(values.tokenRequests ?? []);
}

/** Once a run, by whoever needs it first; the others wait for it, and learn why it failed. */
async function installOnce({ parts }: Installed, name: string, install: () => Promise<void>): Promise<void> {
  const known = parts.get(name) ?? install();
  parts.set(name, known);
  await known;
}

/** A guide's classes may come before the driver: their kinds are there first, and served. */
async function defineKinds(cluster: RemoteCluster): Promise<void> {
  const folder = join(layoutOf().root, "deploy", "charts", "secrets-store-csi-driver", "crds");
  const names: string[] = [];
  for (const file of await readdir(folder)) {
    const [definition] = await documentsOf(join(folder, file));
    if (definition === undefined) continue;
    const { name = "" } = definition.metadata;
    names.push(name);
    if ((await cluster.admin.find(CustomResourceDefinitions, name)) === undefined) await cluster.apply([definition]);
  }
  const areServed = async (): Promise<boolean> => {
    const found = await Promise.all(names.map((name) => cluster.admin.get(CustomResourceDefinitions, name)));
    const served = await cluster.admin.raw("GET", "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses?limit=1");
    return served.status === 200 && found.every(isEstablished);
  };
  if (await cluster.until(areServed, READY_WITHIN_MS)) return;
  throw new MountproofError("subject_failed", { message: `the API server does not serve ${names.join(", ")}` });
}

function isEstablished({ status }: KubeObject): boolean {
  // A definition that was just made has null there.
  const { conditions } = (status ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null;
  };
  return conditions?.some((one) => one.type === "Established" && one.status === "True") === true;
}

/** One installed driver serves guides that ask for different tokens: its CSIDriver says which, and nothing else. */
async function askFor(
  tokenRequests: NonNullable<DriverValues["tokenRequests"]>,
  installed: Installed,
  world: MountproofWorld,
): Promise<void> {
  const wanted = JSON.stringify(tokenRequests);
  if (installed.tokens === wanted) return;
  if (installed.tokens === undefined) {
    const { admin } = installed.cluster;
    const { spec } = (await admin.get(CSIDrivers, DRIVER_NAME)) as KubeObject & {
      readonly spec: { readonly tokenRequests?: NonNullable<DriverValues["tokenRequests"]> };
    };
    const audiences = (spec.tokenRequests ?? []).map(({ audience }) => audience).join(", ");
    if (tokenRequests.every(({ audience }) => audiences.includes(audience)) && tokenRequests.length > 0) return;
    if (audiences === "" && tokenRequests.length === 0) return;
    world.skip(`the cluster's own driver asks for the tokens "${audiences}", and the case is about others`);
  }
  await installed.cluster.admin.patch(CSIDrivers, { name: DRIVER_NAME }, "merge", { spec: { tokenRequests } });
  installed.tokens = wanted;
}

/** A provider's manifests and DaemonSet. One that is there is used. */
export async function installRemoteProvider(
  world: MountproofWorld,
  target: ClusterUnderTest,
  name: string,
  objects: readonly KubeObject[],
): Promise<void> {
  const installed = await installation(world, target);
  await installOnce(installed, name, () => putProvider(installed, world, target, name, objects));
}

async function putProvider(
  { cluster, logs }: Installed,
  world: MountproofWorld,
  target: ClusterUnderTest,
  name: string,
  objects: readonly KubeObject[],
): Promise<void> {
  const daemonSet = objects.find(({ kind }) => kind === "DaemonSet");
  if (daemonSet === undefined)
    throw new MountproofError("internal", { message: `the provider "${name}" has no DaemonSet` });
  const { namespace, name: called = "" } = daemonSet.metadata;
  if ((await cluster.admin.find(DaemonSets, called, namespace)) !== undefined)
    return world.note(`the provider that the cluster has was used (${namespace}/${called})`);
  const ca = trustedAuthority(target, namespace);
  const changed = objects.map((object) => trusting(inCluster(object, target), target, name));
  // The namespace may be the cluster's own, as kube-system is.
  const isThere = namespace !== undefined && (await cluster.admin.find(Namespaces, namespace)) !== undefined;
  const before = changed.filter(({ kind }) => kind !== "DaemonSet" && !(kind === "Namespace" && isThere));
  await cluster.apply([...before, ...ca]);
  await cluster.apply(changed.filter(({ kind }) => kind === "DaemonSet"));
  logs.add(daemonSet);
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

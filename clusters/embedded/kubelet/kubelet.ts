import { type Clock, type Digester, type Log, type Random, Scope, seededRandom } from "../../../core/index.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { startInformer } from "../../../kube/informer.ts";
import type { Journal } from "../../../net/journal.ts";
import type { NodePaths, SeenFile } from "../../cluster.ts";
import { ContainerFiles } from "./containers/files.ts";
import { ImageBackoff } from "./containers/image-backoff.ts";
import { Probes } from "./containers/probes.ts";
import type { ContainerRuntime } from "./containers/runtime.ts";
import { ContainerStarter } from "./containers/starter.ts";
import { VolumeMounts } from "./containers/volume-mounts.ts";
import { PodEvents } from "./events.ts";
import type { PodFacts } from "./fields.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { Mounts } from "./mounts.ts";
import { NodeObject, type NodeObjectSpec } from "./node.ts";
import { KubeletPodSteps } from "./pods/pod-steps.ts";
import { PodWorkers } from "./pods/pod-workers.ts";
import { Relist } from "./pods/relist.ts";
import { RestartBackoff } from "./pods/restart.ts";
import { StatusWriter } from "./pods/status-writer.ts";
import { SyncQueue } from "./pods/sync-queue.ts";
import { configMapNamesIn, secretNamesIn } from "./references.ts";
import { CsiDrivers } from "./registration/csi-drivers.ts";
import { NodeInfoWriter } from "./registration/node-info.ts";
import { PluginRegistry } from "./registration/plugin-registry.ts";
import { ConfigMaps, CsiDrivers as CsiDriverObjects, Pods, Secrets } from "./resources.ts";
import { startKubeletServer } from "./server/kubelet-server.ts";
import { type KubeletTiming, kubeletTiming } from "./timing.ts";
import { PodTokens } from "./tokens.ts";
import type { Pod } from "./types.ts";
import { VolumeStats } from "./volume-stats.ts";
import { CsiPlugin } from "./volumes/csi-plugin.ts";
import { PodPaths } from "./volumes/names.ts";
import { PlainPlugin } from "./volumes/plain-plugin.ts";
import { PodVolumes } from "./volumes/pod-volumes.ts";
import { volumesOnDisk } from "./volumes/reconstruct.ts";
import { WatchedObjects } from "./watched-objects.ts";

export type KubeletSpec = Omit<NodeObjectSpec, "timing"> & {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly journal?: Journal;
  readonly digester: Digester;
  /** Kubelet's own client: all it knows of the cluster comes by it. */
  readonly client: KubeClient;
  readonly paths: NodePaths;
  /** Runs containers, and outlives this kubelet. */
  readonly runtime: ContainerRuntime;
  readonly mounts: Mounts;
  readonly timing?: Partial<KubeletTiming>;
  /** What every container finds in its environment besides its own. */
  readonly serviceEnv?: ReadonlyMap<string, string>;
  /** Where it serves logs and what runs in containers to the API server; nowhere when left out. */
  readonly serverSocket?: string;
  /** Where a path of the node's really is on this machine: hostPath volumes lead there. The same by default. */
  readonly nodePath?: (path: string) => string;
};

/**
 * The simulated kubelet of one node (spec kubelet-csi): finds CSI drivers by their registration sockets, mounts and
 * unmounts the volumes of its pods over gRPC, runs their containers and says how they are.
 */
export class Kubelet {
  readonly #spec: KubeletSpec;

  constructor(spec: KubeletSpec) {
    this.#spec = spec;
  }

  /** Resolves when the node is Ready. A kubelet that starts on the folder of an earlier one takes over its volumes. */
  async start(): Promise<RunningKubelet> {
    return await Scope.run(`kubelet ${this.#spec.name}`, async (scope) => await run(this.#spec, scope));
  }
}

export interface RunningKubelet extends AsyncDisposable {
  /** Files below `path` as a running container sees them; undefined when nothing is there or it does not run. */
  readFiles(podUid: string, container: string, path: string): Promise<SeenFile[] | undefined>;
}

async function run(spec: KubeletSpec, scope: Scope): Promise<RunningKubelet> {
  const { clock, log, client, runtime, mounts, name, journal, digester, kubeVersion } = spec;
  const timing = kubeletTiming(clock.kind, spec.timing);
  const seed = spec.random.integer(0, 0x7fffffff);
  const random = seededRandom(seed);
  const origin = clock.now();
  const signal = scope.signal;
  const caller = `kubelet/${name}`;
  const paths = new PodPaths(spec.paths.kubeletRoot);
  const base = { clock, log, client, timing, origin, random, signal };

  const node = scope.use(new NodeObject({ ...spec, timing }));
  const nodeInfo = new NodeInfoWriter({ client, clock, nodeName: name });
  const events = new PodEvents({ client, clock, log, node: name });
  scope.defer("events", () => events.stop());
  const tokens = new PodTokens({ client, clock, random });
  const watched = { client, clock, log };
  const secrets = scope.use(
    new WatchedObjects({ ...watched, resource: Secrets, singular: "secret", namesIn: secretNamesIn }),
  );
  const configMaps = scope.use(
    new WatchedObjects({ ...watched, resource: ConfigMaps, singular: "configmap", namesIn: configMapNamesIn }),
  );
  // By the watch alone: a kubelet that had listed and waits for its watch, one of a thousand, would lag behind.
  const informing = { clock, log, isStreaming: true };
  const csiDriverObjects = scope.use(startInformer(client, CsiDriverObjects, {}, informing));
  const facts = (pod: Pod): PodFacts => ({
    nodeName: name,
    hostIP: spec.hostIP,
    podIP: runtime.pod(pod.metadata.uid)?.sandbox?.ip ?? "",
  });
  const objects = {
    secret: (namespace: string, key: string) => secrets.get(namespace, key),
    configMap: (namespace: string, key: string) => configMaps.get(namespace, key),
  };

  const drivers = new CsiDrivers({
    clock,
    timeoutMs: timing.csi,
    caller,
    digester,
    nodeInfo,
    signal,
    ...(journal !== undefined && { journal }),
  });
  const csi = new CsiPlugin({
    clock,
    client,
    paths,
    mounts,
    tokens,
    nodeName: name,
    kubeVersion,
    timeoutMs: timing.csi,
    driverClient: (driver) => drivers.client(driver),
    csiDriver: (driver) => csiDriverObjects.get(driver),
  });
  const places = spec.nodePath === undefined ? {} : { nodePath: spec.nodePath };
  const plain = new PlainPlugin({ paths, mounts, ...places, sources: { ...objects, tokens, facts } });
  const volumeMounts = new VolumeMounts({ paths, mounts, ...places });
  const queue = scope.use(new SyncQueue({ ...base, onDue: (podUid) => workers.get(podUid)?.wake() }));
  const relist = scope.use(new Relist({ ...base, runtime, onChange: (podUid) => workers.get(podUid)?.wake() }));
  const volumes: PodVolumes = new PodVolumes({
    ...base,
    events,
    paths,
    mounts,
    pods: { pod: (podUid) => workers.pod(podUid), mayStart: (podUid) => workers.mayStart(podUid) },
    plugin: (kind) => (kind === "csi" ? csi : plain),
    releaseSubPaths: (ref) => volumeMounts.release(ref),
    onChange: (podUid) => {
      stats.look(podUid);
      if (workers.get(podUid) === undefined) housekeeping.wake();
    },
  });
  scope.use(volumes);
  const stats = scope.use(
    new VolumeStats({
      ...base,
      paths,
      mounted: (podUid) => volumes.mounted(podUid),
      driverClient: (driver) => drivers.client(driver),
    }),
  );
  const probes = scope.use(
    new Probes({
      clock,
      random,
      runtime,
      onChange: (podUid) => workers.get(podUid)?.wake(),
      onFailure: (pod, container, kind, output) => {
        const message = `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${output}`;
        const fieldPath = `spec.containers{${container.name}}`;
        events.post({ pod, type: "Warning", reason: "Unhealthy", message, fieldPath });
      },
    }),
  );
  const starter = new ContainerStarter({
    clock,
    events,
    runtime,
    mounts: volumeMounts,
    probes,
    backoff: new RestartBackoff(timing),
    imageBackoff: new ImageBackoff(timing),
    sources: objects,
    facts,
    serviceEnv: spec.serviceEnv ?? new Map(),
  });
  const statuses = new StatusWriter({ clock, client, log, mayRun: (podUid) => workers.mayRun(podUid) });
  scope.defer("statuses", () => statuses.stop());
  const reminders = scope.use(new SyncQueue({ ...base, onDue: (podUid) => workers.get(podUid)?.wake() }));
  const steps = new KubeletPodSteps({
    clock,
    timing,
    events,
    paths,
    hostIP: spec.hostIP,
    runtime,
    relist,
    statuses,
    volumes,
    starter,
    probes,
    references: [secrets, configMaps],
    signal,
    remind: (podUid, at) => reminders.set(podUid, at),
  });
  let arePodsKnown = false;
  const workers: PodWorkers = new PodWorkers({
    ...base,
    seed,
    relist,
    queue,
    steps,
    hasRunning: (podUid) => relist.pod(podUid)?.containers.some(({ state }) => state === "running") === true,
    onStage: (worker) => {
      if (worker.stage === "terminated") volumes.release(worker.pod.metadata.uid);
      if (worker.stage === "finished") housekeeping.wake();
    },
    onLeft: () => housekeeping.wake(),
  });
  const housekeeping: Housekeeping = scope.use(
    new Housekeeping({
      ...base,
      workers,
      runtime,
      volumes,
      paths,
      mounts,
      arePodsKnown: () => arePodsKnown,
      forget: (podUid) => {
        queue.delete(podUid);
        reminders.delete(podUid);
        statuses.forget(podUid);
        relist.forget(podUid);
        starter.forget(podUid);
        tokens.forget(podUid);
      },
    }),
  );

  const found = await volumesOnDisk(paths);
  volumes.reconstructed(found);
  const { uid: nodeUid = "" } = (await node.register()).metadata;
  const registry = scope.use(
    new PluginRegistry({
      ...base,
      folder: spec.paths.pluginsRegistry,
      caller,
      handlers: new Map([["CSIPlugin", drivers]]),
      ...(journal !== undefined && { journal }),
    }),
  );
  const pods = scope.use(startInformer(client, Pods, { fieldSelector: `spec.nodeName=${name}` }, informing));
  await Promise.all([
    nodeInfo.create(nodeUid),
    registry.start(),
    node.keepAlive(),
    pods.synced,
    csiDriverObjects.synced,
  ]);
  const followPods = (): void => {
    if (signal.aborted) return;
    pods.onEvent(({ type, object, old }) => {
      if (type === "ADDED") {
        workers.add(object);
        volumes.reprocess(object.metadata.uid);
      } else if (type === "DELETED") {
        const worker = workers.get(object.metadata.uid);
        workers.remove(object);
        if (worker?.stage === "terminated" || worker?.stage === "finished") volumes.release(object.metadata.uid);
      } else workers.change(object, old ?? object);
    });
    arePodsKnown = true;
    volumes.podsAreKnown();
    housekeeping.wake();
  };
  if (found.length === 0) followPods();
  else scope.use(clock.timer(timing.podsAfterRestart, followPods, { ref: false }));
  if (spec.serverSocket !== undefined)
    scope.use(
      await startKubeletServer({
        clock,
        node: name,
        socket: spec.serverSocket,
        runtime,
        pod: (namespace, pod) => pods.get(pod, namespace),
      }),
    );
  await node.ready();
  return {
    readFiles: async (podUid, container, path) => {
      const mounted = runtime.mountsOf(podUid, container);
      return mounted === undefined ? undefined : await new ContainerFiles(mounted).read(path);
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

import { createHash } from "node:crypto";
import type { RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import type { RemoteCluster } from "../../../clusters/kubeconfig/index.ts";
import { MountproofError } from "../../../core/index.ts";
import { Pods } from "../../../kube/index.ts";
import type { ClusterUnderTest } from "../../../suite/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { keepLogs } from "./part-logs.ts";
import { installation, openTarget } from "./remote.ts";

const DRIVER_PODS = "app=secrets-store-csi-driver";
const DRIVER_CONTAINER = "secrets-store";
/** `tmpfs /var/lib/kubelet/pods/UID/volumes/kubernetes.io~csi/NAME/mount tmpfs …` */
const VOLUME = /^\S+ \S*\/pods\/([0-9a-f-]+)\/volumes\/kubernetes\.io~csi\/(\S+) /;

const names = new WeakMap<MountproofWorld, string>();
let count = 0;

/** A namespace that no other case has, so that the next one need not wait until this one's is gone. */
export function namespaceOfCase(world: MountproofWorld, name: string): string {
  let suffix = names.get(world);
  if (suffix === undefined) {
    suffix = createHash("sha256")
      .update(`${process.pid} ${world.run.clock.now()} ${count++}`)
      .digest("hex")
      .slice(0, 6);
    names.set(world, suffix);
  }
  return `${name}-${suffix}`;
}

/**
 * A scenario's own share of the cluster: what it makes goes with it, and nobody waits until it has gone but the end of
 * the run; what is installed stays for the next.
 */
export async function openShare(world: MountproofWorld, target: ClusterUnderTest): Promise<RunningEmbeddedCluster> {
  const { cluster: installed, logs } = await installation(world, target);
  const cluster = await openTarget(world, target);
  world.scope.use(cluster);
  world.scope.defer("the scenario's objects", async () => installed.owned.expectGone(await cluster.owned.letGo()));
  world.scope.defer("logs of the parts", () => keepLogs(logs, world, cluster));
  return asEstate(cluster);
}

/** Volumes of these pods that are mounted on the nodes, seen by the driver's own pods. */
export async function mountedInRemote(
  world: MountproofWorld,
  target: ClusterUnderTest,
  uids: ReadonlySet<string>,
): Promise<string[]> {
  const { cluster } = await installation(world, target);
  const drivers = await cluster.admin.list(Pods, { labelSelector: DRIVER_PODS });
  const mounted: string[] = [];
  for (const { metadata } of drivers.items) {
    const pod = { namespace: metadata.namespace ?? "", name: metadata.name ?? "", container: DRIVER_CONTAINER };
    const { exitCode, stdout, stderr } = await cluster.exec(pod, ["cat", "/proc/mounts"]);
    if (exitCode !== 0)
      world.skip(`the driver's container cannot show its mounts: ${stderr.trim() || `cat ended with ${exitCode}`}`);
    for (const line of stdout.split("\n")) {
      const [, uid = "", volume = ""] = VOLUME.exec(line) ?? [];
      if (uids.has(uid)) mounted.push(`${metadata.name}: pod ${uid} ${volume}`);
    }
  }
  return mounted;
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

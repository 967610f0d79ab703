import type { RemoteCluster } from "../../../clusters/kubeconfig/index.ts";
import { messageOf } from "../../../core/index.ts";
import { type KubeObject, Pods } from "../../../kube/index.ts";
import type { MountproofWorld } from "../../world.ts";

type ContainerStatus = { readonly name: string; readonly restartCount: number };
type DaemonSetName = { readonly namespace: string; readonly name: string };

/**
 * What the containers of a driver and its providers print in a cluster, kept as the logs of programs are: without the
 * run's secrets, each of which is told. It is looked at after every case, for the parts are gone when the run ends.
 */
export class PartLogs {
  readonly #daemonSets: DaemonSetName[] = [];
  /** How many lines of each container are kept already. */
  readonly #kept = new Map<string, number>();

  add({ metadata }: KubeObject): void {
    this.#daemonSets.push({ namespace: metadata.namespace ?? "", name: metadata.name ?? "" });
  }

  async keep(world: MountproofWorld, cluster: RemoteCluster): Promise<void> {
    for (const { namespace, name } of this.#daemonSets) {
      const { items } = await cluster.admin.list(Pods, { namespace });
      const pods = items.filter(({ metadata }) => metadata.name?.startsWith(`${name}-`));
      await Promise.all(pods.map((pod) => this.#keepPod(world, cluster, name, pod)));
    }
  }

  async #keepPod(world: MountproofWorld, { admin }: RemoteCluster, part: string, pod: KubeObject): Promise<void> {
    const { name = "", namespace = "", uid = "" } = pod.metadata;
    const { containerStatuses = [] } = (pod["status"] ?? {}) as {
      readonly containerStatuses?: readonly ContainerStatus[];
    };
    for (const { name: container, restartCount } of containerStatuses) {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/log?${new URLSearchParams({ container })}`;
      const { status, body } = await admin.raw("GET", path, { accept: "*/*" });
      if (status !== 200) {
        world.note(`the log of "${namespace}/${name}" ${container} could not be had: ${status} ${body.slice(0, 200)}`);
        continue;
      }
      const lines = body.split("\n").filter(Boolean);
      // A container that was started anew begins its log anew.
      const key = `${uid} ${container} ${restartCount}`;
      const log = world.run.keptLog(`${part}.${container}`);
      for (const line of lines.slice(this.#kept.get(key) ?? 0)) log.add(`${part} ${container}`, line);
      this.#kept.set(key, lines.length);
    }
  }
}

/** A log that cannot be kept is noted: it is no reason for a case to fail. */
export async function keepLogs(logs: PartLogs, world: MountproofWorld, cluster: RemoteCluster): Promise<void> {
  await logs.keep(world, cluster).catch((error: unknown) => {
    world.note(`the logs of driver and providers could not be kept: ${messageOf(error)}`);
  });
}

import { join } from "node:path";
import type { LaunchContext, Launcher } from "../../../clusters/cluster.ts";
import type { RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import { Scope, seconds } from "../../../core/index.ts";
import { DRIVER_NAME, Driver, openMounter, plainMounter, startRegistration } from "../../../driver/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { launchDriver } from "../driver/launch.ts";
import { processes } from "../processes.ts";
import { startDriverProcess } from "./as-processes.ts";

/** What its chart's values say of a driver that runs on a node. */
export type DriverOnNode = {
  readonly rotates: boolean;
  /** As the chart says it. Who waits in real time has {@link REAL_ROTATION_MS} instead. */
  readonly rotationIntervalMs: number;
};

/** Who waits in real time does not wait for minutes. */
const REAL_ROTATION_MS = seconds(2);

/** The driver under test as its DaemonSet would run it: on each node, and known to the node's kubelet. */
export function driverOnNode(
  world: MountproofWorld,
  cluster: RunningEmbeddedCluster,
  { rotates, rotationIntervalMs }: DriverOnNode,
): Launcher {
  return async (context) => {
    const { clock, node } = context;
    const interval = clock.kind === "virtual" ? rotationIntervalMs : REAL_ROTATION_MS;
    const { subject } = world.pass;
    if (subject.kind === "driver") return await givenDriver(world, cluster, context, rotates ? interval : undefined);
    if (world.use(processes).isOn)
      return await startDriverProcess(world, cluster, context, [
        `--enable-secret-rotation=${rotates}`,
        `--rotation-poll-interval=${rotationIntervalMs}ms`,
      ]);
    const { log, journal, kubeConfig } = context;
    return await new Driver({
      clock,
      log,
      journal,
      random: world.pass.random,
      behaviour: world.pass.behaviour,
      ...(subject.kind === "reference" && subject.defects && { defects: subject.defects }),
      endpoint: `unix://${join(node.paths.driverPluginDir, "csi.sock")}`,
      nodeId: node.name,
      kubeConfig,
      providersDir: node.paths.providersDir,
      additionalProvidersDirs: node.paths.additionalProvidersDir,
      enableSecretRotation: rotates,
      rotationPollIntervalMs: interval,
      mounter: cluster.mounts.isReal ? await openMounter(log) : plainMounter(),
      kubeletRootDir: node.paths.kubeletRoot,
      registration: { path: join(node.paths.pluginsRegistry, `${DRIVER_NAME}-reg.sock`) },
    }).start();
  };
}

/** A driver that the run was given, in this process or as a program: its node's kubelet is led to it. */
async function givenDriver(
  world: MountproofWorld,
  cluster: RunningEmbeddedCluster,
  { clock, log, node, kubeConfig }: LaunchContext,
  rotationIntervalMs: number | undefined,
): Promise<AsyncDisposable> {
  const { paths, name } = node;
  const socket = join(paths.driverPluginDir, "csi.sock");
  return await Scope.run("the driver of the run", async (scope) => {
    scope.use(
      await launchDriver(
        world,
        { nodeId: name, ...(rotationIntervalMs !== undefined && { rotationIntervalMs }) },
        {
          folder: paths.driverPluginDir,
          socket,
          providersDir: paths.providersDir,
          additionalProvidersDir: paths.additionalProvidersDir,
          kubeConfig,
          mounter: cluster.mounts.isReal ? await openMounter(log) : plainMounter(),
        },
      ),
    );
    const path = join(paths.pluginsRegistry, `${DRIVER_NAME}-reg.sock`);
    scope.use(await startRegistration({ clock, log, path, driverName: DRIVER_NAME, endpoint: socket }));
    return scope;
  });
}

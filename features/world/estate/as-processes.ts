import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LaunchContext, NodeHandle } from "../../../clusters/cluster.ts";
import {
  type ClusterAnnouncement,
  connectCluster,
  type RunningEmbeddedCluster,
} from "../../../clusters/embedded/index.ts";
import { DRIVER_NAME } from "../../../driver/index.ts";
import { remoteVault, type VaultHandle } from "../../../fakes/vault/index.ts";
import { isKubeStatus, type KubeConfig, kubeconfigText, resource } from "../../../kube/index.ts";
import { answers, type RunningProgram } from "../../../suite/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { processes } from "../processes.ts";

const CSINodes = resource({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  namespaced: false,
});

/** `mountproof cluster`, and this process as whoever applies manifests to it. */
export async function startClusterProcess(world: MountproofWorld): Promise<RunningEmbeddedCluster> {
  const parts = world.use(processes);
  const control = await parts.file("cluster.sock");
  const announced = await parts.startAnnounced<ClusterAnnouncement>({
    name: "cluster",
    args: [
      "cluster",
      `--folder=${join(await world.folder(), "c")}`,
      `--control=${control}`,
      `--kubeconfig=${await parts.file("admin.kubeconfig")}`,
    ],
  });
  const { clock, logger, journal } = world;
  return await connectCluster({ ...announced, control }, { clock, log: logger, journal });
}

/** `mountproof driver` on a node, registered with its kubelet. */
export async function startDriverProcess(
  world: MountproofWorld,
  cluster: RunningEmbeddedCluster,
  { node, kubeConfig }: LaunchContext,
  flags: readonly string[],
): Promise<RunningProgram> {
  const parts = world.use(processes);
  const { paths } = node;
  return await parts.start(
    {
      name: "driver",
      args: [
        "driver",
        `--endpoint=unix://${join(paths.driverPluginDir, "csi.sock")}`,
        `--nodeid=${node.name}`,
        `--provider-volume=${paths.providersDir}`,
        `--additional-provider-volume-paths=${paths.additionalProvidersDir}`,
        `--registration-socket=${join(paths.pluginsRegistry, `${DRIVER_NAME}-reg.sock`)}`,
        `--kubeconfig=${await writeKubeconfig(world, `driver-${node.name}`, kubeConfig)}`,
        "--metrics-addr=0",
        `--behaviour=${world.pass.behaviour}`,
        ...flags,
      ],
    },
    () => isRegistered(cluster, node),
  );
}

/** `mountproof provider NAME` on a node; the outside world is reached through the run's egress proxy. */
export async function startProviderProcess(
  world: MountproofWorld,
  name: string,
  socket: string,
  options: {
    readonly kubeConfig: KubeConfig;
    readonly behaviour: string;
    readonly flags: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<RunningProgram> {
  const parts = world.use(processes);
  return await parts.start(
    {
      name: `provider/${name}`,
      args: [
        "provider",
        name,
        `--endpoint=${socket}`,
        `--kubeconfig=${await writeKubeconfig(world, `provider-${name}`, options.kubeConfig)}`,
        `--behaviour=${options.behaviour}`,
        ...options.flags,
      ],
      env: options.env,
    },
    () => answers(world.clock, socket),
  );
}

/** `mountproof fake vault`, as a Vault in a pod: with its account's token and the cluster's CA. */
export async function startVaultProcess(
  world: MountproofWorld,
  pod: { readonly token: string; readonly caPem: string },
  env: Readonly<Record<string, string>>,
): Promise<VaultHandle> {
  const parts = world.use(processes);
  const [token, ca] = [await parts.file("vault-token"), await parts.file("vault-ca.crt")];
  await writeFile(token, pod.token, { mode: 0o600 });
  await writeFile(ca, pod.caPem);
  const { url } = await parts.startAnnounced<{ url: string }>({
    name: "fake/vault",
    args: ["fake", "vault", "--port=0", `--cluster-token=${token}`, `--cluster-ca=${ca}`],
    env,
  });
  return world.scope.use(remoteVault(url, world.clock));
}

/** Kubelet has told the API server of the driver: from here on it publishes by it. */
async function isRegistered({ admin }: RunningEmbeddedCluster, node: NodeHandle): Promise<boolean> {
  try {
    const { spec } = (await admin.get(CSINodes, node.name)) as unknown as { spec?: { drivers?: { name: string }[] } };
    return spec?.drivers?.some(({ name }) => name === DRIVER_NAME) === true;
  } catch (error) {
    if (isKubeStatus(error, "NotFound")) return false;
    throw error;
  }
}

async function writeKubeconfig(world: MountproofWorld, name: string, config: KubeConfig): Promise<string> {
  const path = await world.use(processes).file(`${name}.kubeconfig`);
  await writeFile(path, kubeconfigText(config, name), { mode: 0o600 });
  return path;
}

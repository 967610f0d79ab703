import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { commandsIn, KindCluster, type KindImage, vaultManifests } from "../../clusters/kind/index.ts";
import { openContext, openRemoteCluster, type RemoteCluster } from "../../clusters/kubeconfig/index.ts";
import { MountproofError, minutes, RealClock, Scope, silentLog } from "../../core/index.ts";
import { DRIVER_IMAGES } from "../../driver/index.ts";
import { Deployments } from "../../kube/index.ts";
import { Journal } from "../../net/index.ts";
import { readClusterSettings } from "../../suite/clusters/index.ts";
import { examine, thisMachine, tiersOf } from "../../suite/doctor/index.ts";
import { type ClusterUnderTest, layoutOf } from "../../suite/index.ts";
import type { RunFlags } from "./flags.ts";

const NAME = "mountproof-e2e";
const VAULT_PROVIDER_IMAGE = "hashicorp/vault-csi-provider:1.7.4";
const STORE_READY_MS = minutes(2);

const image = (part: string, dockerfile: string): KindImage => ({
  part,
  dockerfile: `deploy/images/${dockerfile}`,
  tag: `mountproof/${part}:e2e`,
});
const IMAGES: readonly KindImage[] = [
  image("driver", "Dockerfile.driver"),
  image("provider-vault", "Dockerfile.provider"),
  image("fake-vault", "Dockerfile.fake-vault"),
];

export type KindTier = AsyncDisposable & {
  readonly cluster: ClusterUnderTest;
  /** Keeps the nodes' logs below the report's folder. */
  failed(folder: string): Promise<void>;
};

/** Tier E2: a kind cluster with this project's images and a store as a pod, for the cases that any cluster can carry. */
export async function kindTier(
  flags: RunFlags,
  runId: string,
  signal: AbortSignal,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<KindTier> {
  const verdict = tiersOf(await examine({ ...thisMachine, env })).find(({ tier }) => tier === "E2");
  if (verdict?.ok !== true)
    throw new MountproofError("environment", {
      message: `tier E2 cannot run here: ${verdict?.detail}`,
      hint: "mountproof doctor says what to do",
    });
  const settings = await readClusterSettings(flags.clusterSettings);
  return await Scope.run("tier E2", async (scope) => {
    const kind = scope.use(
      await new KindCluster({
        commands: commandsIn(env, layoutOf().root),
        name: NAME,
        images: IMAGES,
        ...(flags.image !== undefined && { image: flags.image }),
        ...(flags.reuse === true && { reuse: true }),
        ...(flags.keep === true && { keep: true }),
        say: (what) => process.stdout.write(`${what}\n`),
        signal,
      }).start(),
    );
    const rootToken = `root-${randomBytes(16).toString("hex")}`;
    const cluster = scope.use(await open(kind.kubeconfig, kind.context, `${runId}-store`));
    await cluster.owned.sweep();
    await cluster.apply(vaultManifests("mountproof/fake-vault:e2e", rootToken));
    await storeReady(cluster);
    const images = {
      [DRIVER_IMAGES.driver]: "mountproof/driver:e2e",
      [VAULT_PROVIDER_IMAGE]: "mountproof/provider-vault:e2e",
      ...settings.images,
    };
    const vault = settings.vault ?? { admin: kind.storeUrl, token: rootToken };
    const { kubeconfig, context } = kind;
    return {
      cluster: { kubeconfig, context, settings: { ...settings, images, vault }, runId, isKept: true },
      failed: async (folder) => {
        await kind.exportLogs(resolve(folder, "logs", "kind"));
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  });
}

async function open(kubeconfig: string, context: string, run: string): Promise<RemoteCluster> {
  const clock = new RealClock();
  const opened = await openContext(kubeconfig, context);
  return await openRemoteCluster(opened, { clock, log: silentLog, journal: new Journal(clock), run });
}

async function storeReady(cluster: RemoteCluster): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    const { status } = await cluster.admin.get(Deployments, "vault", "vault");
    return (status as { readyReplicas?: number } | undefined)?.readyReplicas === 1;
  };
  if (await cluster.until(isReady, STORE_READY_MS)) return;
  throw new MountproofError("environment", {
    message: "the store's pod in the kind cluster does not get Ready",
    hint: "--keep leaves the cluster there: kubectl -n vault describe pods",
  });
}

import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import {
  CLOUDS_NAMESPACE,
  commandsIn,
  KindCluster,
  type KindImage,
  vaultManifests,
} from "../../clusters/kind/index.ts";
import {
  openContext,
  openRemoteCluster,
  type RemoteCluster,
  type RemoteParts,
} from "../../clusters/kubeconfig/index.ts";
import { MountproofError, minutes, RealClock, Scope, silentLog } from "../../core/index.ts";
import { DRIVER_IMAGES } from "../../driver/index.ts";
import { Deployments, type KubeObject } from "../../kube/index.ts";
import { Journal } from "../../net/index.ts";
import { awsProviderDaemonSet } from "../../providers/aws/index.ts";
import { azureProviderDaemonSet } from "../../providers/azure/index.ts";
import { gcpProviderDaemonSet } from "../../providers/gcp/index.ts";
import { vaultProviderDaemonSet } from "../../providers/vault/index.ts";
import { readClusterSettings } from "../../suite/clusters/index.ts";
import { examine, thisMachine, tiersOf } from "../../suite/doctor/index.ts";
import { type ClusterUnderTest, createOwnedFolder, layoutOf } from "../../suite/index.ts";
import type { RunFlags } from "./flags.ts";
import { startClouds } from "./kind-clouds.ts";

const NAME = "mountproof-e2e";
const STORE_READY_MS = minutes(2);

const image = (part: string, dockerfile: string): KindImage => ({
  part,
  dockerfile: `deploy/images/${dockerfile}`,
  tag: `mountproof/${part}:e2e`,
});
const STORES = ["vault", "aws", "azure", "gcp"] as const;
const IMAGES: readonly KindImage[] = [
  image("driver", "Dockerfile.driver"),
  ...STORES.map((store) => image(`provider-${store}`, "Dockerfile.provider")),
  image("fake-vault", "Dockerfile.fake-vault"),
  ...STORES.filter((store) => store !== "vault").map((store) => image(`fake-${store}`, "Dockerfile.fake")),
];
const APPLICATION_IMAGE = "busybox:1.36";
/** Not of this project: the node pulls what Docker has not. */
const OTHER_IMAGES = [APPLICATION_IMAGE, DRIVER_IMAGES.registrar, DRIVER_IMAGES.livenessProbe];
/** What stands in the manifests, and what is in the cluster instead. */
const IMAGE_NAMES: Readonly<Record<string, string>> = {
  [DRIVER_IMAGES.driver]: "mountproof/driver:e2e",
  [imageOf(vaultProviderDaemonSet())]: "mountproof/provider-vault:e2e",
  [imageOf(awsProviderDaemonSet())]: "mountproof/provider-aws:e2e",
  [imageOf(azureProviderDaemonSet())]: "mountproof/provider-azure:e2e",
  [imageOf(gcpProviderDaemonSet())]: "mountproof/provider-gcp:e2e",
  // Without a tag it would be pulled anew by every pod.
  busybox: APPLICATION_IMAGE,
};

export type KindTier = AsyncDisposable & {
  readonly cluster: ClusterUnderTest;
  /** Images that the settings put in the place of this project's parts: they are examined, too. */
  readonly others: readonly string[];
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
  const isDeleted = flags.keep !== true && flags.reuse !== true;
  return await Scope.run("tier E2", async (scope) => {
    const { path: folder, lifeline } = await createOwnedFolder(scope, tmpdir(), "mountproof-kind-");
    const kind = scope.use(
      await new KindCluster({
        commands: commandsIn(env, layoutOf().root, lifeline),
        lifetime: { folder, atDeath: (line) => lifeline.atDeath(line) },
        name: NAME,
        images: IMAGES,
        others: [...new Set([...OTHER_IMAGES, ...Object.values(settings.images)])],
        ...(flags.baseImage !== undefined && { base: flags.baseImage }),
        ...(flags.image !== undefined && { image: flags.image }),
        ...(flags.reuse === true && { reuse: true }),
        ...(flags.keep === true && { keep: true }),
        say: (what) => process.stdout.write(`${what}\n`),
        signal,
      }).start(),
    );
    const rootToken = `root-${randomBytes(16).toString("hex")}`;
    const clock = new RealClock();
    // The cases' own run: they may change what is made here, as Vault's rights.
    const cluster = scope.use(await open(kind.kubeconfig, kind.context, { run: runId, clock, signal, isDeleted }));
    await cluster.owned.sweep();
    await cluster.apply(vaultManifests("mountproof/fake-vault:e2e", rootToken));
    const running = await startClouds(cluster, clock);
    const { trustedCaPem } = isDeleted ? running : scope.use(running);
    await storesReady(cluster);
    const images = { ...IMAGE_NAMES, ...settings.images };
    const { vault: admin, aws, azure, gcp } = kind.urls;
    const vault = settings.vault ?? { admin, token: rootToken, isFake: true };
    const clouds = { trustedCaPem, aws, azure, gcp };
    const { kubeconfig, context } = kind;
    return {
      cluster: {
        kubeconfig,
        context,
        settings: { ...settings, images, vault, clouds },
        runId,
        isKept: true,
        isDeleted,
      },
      others: otherParts(settings.images),
      failed: async (folder) => {
        await kind.exportLogs(resolve(folder, "logs", "kind"));
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  });
}

/** Of the images that were given, those that stand for a part of this project. Pure. */
export function otherParts(images: Readonly<Record<string, string>>): string[] {
  return Object.keys(IMAGE_NAMES)
    .filter((name) => name !== "busybox")
    .flatMap((name) => images[name] ?? []);
}

async function open(
  kubeconfig: string,
  context: string,
  { clock, ...of }: Pick<RemoteParts, "run" | "signal" | "isDeleted"> & { readonly clock: RealClock },
): Promise<RemoteCluster> {
  const opened = await openContext(kubeconfig, context);
  return await openRemoteCluster(opened, { clock, log: silentLog, journal: new Journal(clock), ...of });
}

/** The stores, and the cluster's DNS, by which they are met. */
async function storesReady(cluster: RemoteCluster): Promise<void> {
  const wanted = [
    ["vault", "vault"],
    ...STORES.filter((store) => store !== "vault").map((store) => [CLOUDS_NAMESPACE, store]),
    ["kube-system", "coredns"],
  ] as const;
  const unready = async (): Promise<string[]> => {
    const found = await Promise.all(
      wanted.map(async ([namespace = "", name = ""]) => {
        const { metadata, spec, status } = (await cluster.admin.get(Deployments, name, namespace)) as KubeObject & {
          readonly spec: { readonly replicas: number };
          readonly status?: Readonly<Record<string, number | undefined>>;
        };
        const isSeen = status?.["observedGeneration"] === metadata.generation;
        const isReady = ["updatedReplicas", "readyReplicas", "replicas"].every(
          (field) => status?.[field] === spec.replicas,
        );
        return isSeen && isReady ? [] : [`${namespace}/${name}`];
      }),
    );
    return found.flat();
  };
  if (await cluster.until(async () => (await unready()).length === 0, STORE_READY_MS)) return;
  throw new MountproofError("environment", {
    message: `what is to serve in the kind cluster does not get Ready: ${(await unready()).join(", ")}`,
    hint: "--keep leaves the cluster there: kubectl describe pods --all-namespaces",
  });
}

/** The image that a provider's manifest names. */
function imageOf(daemonSet: KubeObject): string {
  const { spec } = daemonSet as KubeObject & {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
    };
  };
  return spec.template.spec.containers[0]?.image ?? "";
}

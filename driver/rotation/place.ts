import type { KubeObject } from "../../kube/index.ts";

/** One volume of a pod that this driver serves. */
export type PodVolume = {
  readonly name: string;
  /** The Secret that kubelet sends with every publish, in the pod's namespace. */
  readonly nodePublishSecret: string | undefined;
};

type PodSpec = {
  readonly serviceAccountName?: string;
  readonly volumes?: readonly {
    readonly name: string;
    readonly csi?: {
      readonly driver?: string;
      readonly volumeAttributes?: Readonly<Record<string, string>>;
      readonly nodePublishSecretRef?: { readonly name?: string };
    };
  }[];
};

const TARGET = /[\\/]+pods[\\/]+(.+?)[\\/]+volumes[\\/]+kubernetes\.io~csi[\\/]+(.+?)[\\/]+mount$/;

/** Whose volume a target path is: `…/pods/UID/volumes/kubernetes.io~csi/VOLUME/mount`. Pure. */
export function placeOf(targetPath: string): { readonly podUid: string; readonly volume: string } {
  const [, podUid = "", volume = ""] = TARGET.exec(targetPath) ?? [];
  return { podUid, volume };
}

/** The pod's first volume of the class, as its spec has them in order. Pure. */
export function volumeOfClass(pod: KubeObject, driverName: string, className: string): PodVolume | undefined {
  const found = specOf(pod).volumes?.find(
    ({ csi }) => csi?.driver === driverName && csi.volumeAttributes?.["secretProviderClass"] === className,
  );
  return found && { name: found.name, nodePublishSecret: found.csi?.nodePublishSecretRef?.name };
}

export function serviceAccountOf(pod: KubeObject): string {
  return specOf(pod).serviceAccountName ?? "default";
}

/** A pod that ends or has ended needs nothing new. Pure. */
export function isOver(pod: KubeObject): boolean {
  const { phase } = (pod["status"] ?? {}) as { readonly phase?: string };
  return pod.metadata.deletionTimestamp !== undefined || phase === "Succeeded" || phase === "Failed";
}

function specOf(pod: KubeObject): PodSpec {
  return (pod["spec"] ?? {}) as PodSpec;
}

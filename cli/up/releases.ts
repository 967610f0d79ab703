import { type DriverValues, driverDaemonSet, driverManifests, driverRelease } from "../../driver/index.ts";
import type { KubeObject } from "../../kube/index.ts";
import type { ProviderName } from "./store-names.ts";

export const RELEASE = { release: "csi-secrets-store", namespace: "kube-system" } as const;

/** What `helm install csi-secrets-store` brings into a cluster, but for the CRDs, which are there already. */
export function driverObjects(values: DriverValues): KubeObject[] {
  return driverRelease([...driverManifests(values), driverDaemonSet(values, RELEASE.release)], RELEASE);
}

/** Audiences for which kubelet makes tokens, of the stores whose providers need them. */
export const AUDIENCES: Readonly<Record<ProviderName, readonly string[]>> = {
  aws: ["sts.amazonaws.com", "pods.eks.amazonaws.com"],
  azure: ["api://AzureADTokenExchange", "api://AKSIdentityBinding"],
  // The pool of the project in which the cluster stands: its provider refuses tokens for others alone.
  gcp: ["my-project.svc.id.goog"],
  vault: ["vault"],
};

/** What a provider's own manifest or chart brings. */
export const PROVIDER_OBJECTS: Readonly<Record<ProviderName, () => Promise<KubeObject[]>>> = {
  aws: async () => {
    const { awsProviderManifests, awsProviderDaemonSet } = await import("../../providers/aws/index.ts");
    return [...awsProviderManifests(), awsProviderDaemonSet()];
  },
  azure: async () => {
    const { azureProviderManifests, azureProviderDaemonSet } = await import("../../providers/azure/index.ts");
    return [...azureProviderManifests(), azureProviderDaemonSet()];
  },
  gcp: async () => {
    const { gcpProviderManifests, gcpProviderDaemonSet } = await import("../../providers/gcp/index.ts");
    return [...gcpProviderManifests(), gcpProviderDaemonSet()];
  },
  vault: async () => {
    const { vaultProviderManifests, vaultProviderDaemonSet } = await import("../../providers/vault/index.ts");
    return [...vaultProviderManifests(), vaultProviderDaemonSet()];
  },
};

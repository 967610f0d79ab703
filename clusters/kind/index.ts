export { CLOUDS_NAMESPACE, type Cloud, cloudManifests, cloudsNamespace, withCloudNames } from "./clouds.ts";
export { type Commands, commandsIn } from "./commands.ts";
export { KindCluster, type KindImage, type KindSpec, nodeImage, type RunningKind } from "./kind-cluster.ts";
export { NODE_PORTS, vaultManifests } from "./manifests.ts";

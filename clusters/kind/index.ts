export { type Commands, commandsIn } from "./commands.ts";
export { KindCluster, type KindImage, type KindSpec, nodeImage, type RunningKind } from "./kind-cluster.ts";
export { vaultManifests } from "./manifests.ts";

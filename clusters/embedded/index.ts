export type { KubeVersion } from "./apiserver/index.ts";
export type { KubeletTiming, Mounts, Program } from "./kubelet/index.ts";
export type { EmbeddedClusterSpec, NodePart, NodeSpec, RunningEmbeddedCluster } from "./spec.ts";
export { EmbeddedCluster } from "./start.ts";

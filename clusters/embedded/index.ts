export type { AuditEvent, AuditSink, KubeVersion } from "./apiserver/index.ts";
export { serveClusterControl } from "./control.ts";
export { BUILT_IN_IMAGES } from "./images/built-in.ts";
export type { ImageEntry } from "./images/image-entry.ts";
export { parseImages } from "./images/image-table.ts";
export type { KubeletTiming, Mounts, Program } from "./kubelet/index.ts";
export { type ClusterAnnouncement, connectCluster } from "./remote.ts";
export type {
  ClusterApi,
  ClusterApiContext,
  EmbeddedClusterSpec,
  NodePart,
  NodeSpec,
  RunningEmbeddedCluster,
} from "./spec.ts";
export { EmbeddedCluster } from "./start.ts";

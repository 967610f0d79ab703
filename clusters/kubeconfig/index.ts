export { type ContextOwner, type OpenedContext, openContext, ownerOf } from "./context.ts";
export { Owned, RUN_LABEL } from "./owned.ts";
export { openRemoteCluster, type RemoteCluster, type RemoteParts } from "./remote-cluster.ts";

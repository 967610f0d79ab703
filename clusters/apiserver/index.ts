export { type Assets, findAssets } from "./assets.ts";
export { ApiServerCluster, installDefinitions } from "./cluster.ts";
export { startRealApiServer } from "./real-api-server.ts";

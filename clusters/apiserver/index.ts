export { type Assets, findAssets } from "./assets.ts";
export { ApiServerCluster } from "./cluster.ts";
export { ApiServerPool } from "./pool.ts";

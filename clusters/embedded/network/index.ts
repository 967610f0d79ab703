export type { PodNetwork } from "./pod-network.ts";
export { startNetwork } from "./start-network.ts";

import type { StoreName } from "../store-names.ts";
import type { StoreLauncher } from "./store.ts";

export type { RunningStore, StoreParts } from "./store.ts";

/** Each store, imported only when it is asked for. */
export const STORES: Readonly<Record<StoreName, StoreLauncher>> = {
  aws: async (parts) => await (await import("./aws.ts")).startAws(parts),
  azure: async (parts) => await (await import("./azure.ts")).startAzure(parts),
  gcp: async (parts) => await (await import("./gcp.ts")).startGcp(parts),
  vault: async (parts) => await (await import("./vault.ts")).startVault(parts),
};

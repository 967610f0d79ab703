/** The stores whose providers have profiles of their own. */
export const STORES = ["aws", "azure", "gcp", "vault"] as const;
export type Store = (typeof STORES)[number];

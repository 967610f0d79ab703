/** The stores that `mountproof up` can run, and the providers. */
export const STORE_NAMES = ["vault"] as const;
export type StoreName = (typeof STORE_NAMES)[number];
export const PROVIDER_NAMES = ["aws", "azure", "gcp", "vault"] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

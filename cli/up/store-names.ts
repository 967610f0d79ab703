/** The stores that `mountproof up` can run, and the providers. */
export const STORE_NAMES = ["aws", "azure", "gcp", "vault"] as const;
export type StoreName = (typeof STORE_NAMES)[number];
/** Each store has a provider of its own. */
export const PROVIDER_NAMES = STORE_NAMES;
export type ProviderName = StoreName;

export { vaultProviderDaemonSet } from "./daemon-set.ts";
export {
  HMAC_SECRET_NAME,
  VAULT_PROVIDER_NAMESPACE,
  VAULT_PROVIDER_SERVICE_ACCOUNT,
  vaultProviderManifests,
} from "./manifests.ts";
export { VaultProvider } from "./provider.ts";
export type { VaultProviderSpec } from "./spec.ts";

export { azureProviderDaemonSet } from "./daemon-set.ts";
export { AZURE_PROVIDER_NAMESPACE, AZURE_PROVIDER_SERVICE_ACCOUNT, azureProviderManifests } from "./manifests.ts";
export { AzureProvider } from "./provider.ts";
export type { AzureProviderSpec, TokenProxySpec } from "./spec.ts";

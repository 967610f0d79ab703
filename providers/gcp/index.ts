export { gcpProviderDaemonSet } from "./daemon-set.ts";
export { GCP_PROVIDER_NAMESPACE, GCP_PROVIDER_SERVICE_ACCOUNT, gcpProviderManifests } from "./manifests.ts";
export { GcpProvider } from "./provider.ts";
export { type GcpProviderSpec, VARIABLES as GCP_VARIABLES } from "./spec.ts";

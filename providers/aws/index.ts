export { awsProviderDaemonSet } from "./daemon-set.ts";
export { AWS_PROVIDER_NAMESPACE, AWS_PROVIDER_SERVICE_ACCOUNT, awsProviderManifests } from "./manifests.ts";
export { AwsProvider } from "./provider.ts";
export type { AwsProviderSpec } from "./spec.ts";

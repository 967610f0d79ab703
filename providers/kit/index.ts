export { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
export { type PodIdentity, permissionOf, podOf, stringMap, tokensOf } from "./attributes.ts";
export { ClientLimit, type ClientLimitOptions } from "./client-limit.ts";
export { type ProviderDaemonSet, providerDaemonSet } from "./daemon-set.ts";
export { fetchAll } from "./fetch-all.ts";
export { type NetworkFailure, networkFailure } from "./go-network.ts";
export { COMMON_FLAGS, type ProcessExtras, type ProcessParts, runProvider } from "./main.ts";
export {
  type MountContext,
  type Mounted,
  type MountedFile,
  type MountRequest,
  type ObjectVersion,
  type Provider,
  type ProviderBehaviour,
  ProviderCrash,
  type ProviderServerSpec,
  type RunningProviderServer,
  startProvider,
} from "./provider.ts";

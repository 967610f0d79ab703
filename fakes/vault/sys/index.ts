import type { Mounter } from "../core/mounting.ts";
import type { VaultState } from "../core/state.ts";
import type { Backend } from "../framework/backend.ts";
import { auditPaths } from "./audit.ts";
import { capabilityPaths } from "./capabilities.ts";
import { leasePaths } from "./leases.ts";
import { mountPaths } from "./mounts.ts";
import { namespacePaths } from "./namespaces.ts";
import { policyPaths } from "./policies.ts";
import { quotaPaths } from "./quotas.ts";
import { sealPaths } from "./seal.ts";
import { toolPaths } from "./tools.ts";
import { uiPaths } from "./ui.ts";
import { wrappingPaths } from "./wrapping.ts";

/** `sys/`: mounts, policies, leases, namespaces and the rest of a server's own business. */
export function systemBackend(state: VaultState, mounter: () => Mounter): Backend {
  return {
    type: "system",
    // Vault's own lists; what HTTP answers without a token (health, init, unseal, …) never gets here.
    unauthenticated: ["wrapping/lookup", "internal/ui/mounts", "internal/ui/mounts/*", "internal/ui/namespaces"],
    sudo: [
      "auth/*",
      "remount",
      "audit",
      "audit/*",
      "raw/*",
      "rotate",
      "seal",
      "step-down",
      "config/cors",
      "config/auditing/*",
      "config/ui/headers/*",
      "plugins/catalog/*",
      "revoke-prefix/*",
      "revoke-force/*",
      "leases/revoke-prefix/*",
      "leases/revoke-force/*",
      "leases/lookup/*",
      "leases",
      "internal/inspect/*",
    ],
    paths: [
      ...mountPaths(state, mounter),
      ...policyPaths(state),
      ...leasePaths(state),
      ...wrappingPaths(state),
      ...capabilityPaths(state),
      ...uiPaths(state),
      ...namespacePaths(state, mounter),
      ...quotaPaths(state),
      ...auditPaths(state),
      ...sealPaths(state),
      ...toolPaths(state),
    ],
  };
}

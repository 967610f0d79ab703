export { VaultAdmin } from "./admin.ts";
export { FakeVault, type FakeVaultSpec, type RunningFakeVault } from "./fake-vault.ts";
export { type OutsideVault, outsideVault } from "./outside.ts";
export { remoteVault, type VaultHandle } from "./remote.ts";
export { seedVault, type VaultSeed } from "./seed.ts";
export { openServedVault, type ServedVault, type ServedVaultSpec } from "./served.ts";

export { VaultAdmin } from "./admin.ts";
export { FakeVault, type FakeVaultSpec, type RunningFakeVault } from "./fake-vault.ts";
export { seedVault, type VaultSeed } from "./seed.ts";

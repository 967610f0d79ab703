export { AzureAdmin, type AzureTold, openRemoteAzure } from "./admin.ts";
export type { FederatedCredential, Identity, IdentityInput } from "./directory/directory.ts";
export { FakeAzure, type FakeAzureSpec, type RunningFakeAzure } from "./fake-azure.ts";
export { type AzureSeed, seedAzure } from "./seed.ts";
export type { AccessPolicy, RoleAssignment } from "./vault/access.ts";
export type { Bundle } from "./vault/material.ts";
export type { Vault } from "./vault/vault.ts";

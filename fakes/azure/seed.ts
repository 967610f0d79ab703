import { createPrivateKey, createPublicKey } from "node:crypto";
import { z } from "zod";
import { MountproofError } from "../../core/index.ts";
import type { AzureState } from "./state.ts";
import { KNOWN_ROLES } from "./vault/access.ts";
import { bundleOf, keyValue, newKey } from "./vault/material.ts";

const attributes = {
  enabled: z.boolean().exactOptional(),
  exp: z.int().exactOptional(),
  nbf: z.int().exactOptional(),
  version: z.string().exactOptional(),
  created: z.int().exactOptional(),
};

const SecretSchema = z.union([
  z.string(),
  z.strictObject({ value: z.string(), contentType: z.string().exactOptional(), ...attributes }),
]);

const IdentitySchema = z.strictObject({
  clientId: z.string(),
  objectId: z.string().exactOptional(),
  kind: z.enum(["application", "userAssigned", "systemAssigned"]).exactOptional(),
  clientSecrets: z
    .array(z.union([z.string(), z.strictObject({ value: z.string(), expires: z.number().exactOptional() })]))
    .exactOptional(),
  federatedCredentials: z
    .array(
      z.strictObject({ name: z.string(), issuer: z.string(), subject: z.string(), audiences: z.array(z.string()) }),
    )
    .exactOptional(),
  isAssigned: z.boolean().exactOptional(),
});

const permissions = z.array(z.string()).exactOptional();

const VaultSchema = z.strictObject({
  tenant: z.string(),
  /** Roles count, and no access policy does. */
  rbac: z.boolean().exactOptional(),
  accessPolicies: z
    .array(z.strictObject({ clientId: z.string(), secrets: permissions, keys: permissions, certificates: permissions }))
    .exactOptional(),
  roleAssignments: z
    .array(
      z.strictObject({
        clientId: z.string(),
        role: z.enum(KNOWN_ROLES as [string, ...string[]]),
        scope: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
  /** A value, or versions of it, oldest first. */
  secrets: z.record(z.string(), z.union([SecretSchema, z.array(SecretSchema)])).exactOptional(),
  /** A PEM, or the kind of a key to make. */
  keys: z
    .record(
      z.string(),
      z.strictObject({
        kty: z.string().exactOptional(),
        crv: z.string().exactOptional(),
        size: z.int().exactOptional(),
        pem: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
  /** PEM with key and certificates, or a PFX in base64. */
  certificates: z
    .record(z.string(), z.strictObject({ value: z.string(), contentType: z.string().exactOptional(), ...attributes }))
    .exactOptional(),
});

const SeedSchema = z.strictObject({
  /** Identities by tenant. */
  tenants: z.record(z.string(), z.array(IdentitySchema)).exactOptional(),
  vaults: z.record(z.string(), VaultSchema).exactOptional(),
  /** Client ids by `namespace/pod`. */
  podIdentities: z.record(z.string(), z.string()).exactOptional(),
});

/** What the cloud shall hold, as plain data. */
export type AzureSeed = z.input<typeof SeedSchema>;

/**
 * Fills a fake Azure: identities first, then vaults. What is there already gets further versions.
 * @throws MountproofError `invalid_argument` for a seed of another shape
 */
export async function seedAzure(state: AzureState, value: unknown): Promise<void> {
  const result = SeedSchema.safeParse(value);
  if (!result.success)
    throw new MountproofError("invalid_argument", {
      message: `the seed of the fake Azure cannot be read: ${z.prettifyError(result.error)}`,
      hint: "it holds tenants, vaults and podIdentities",
    });
  const { tenants = {}, vaults = {}, podIdentities = {} } = result.data;
  for (const [tenantId, identities] of Object.entries(tenants)) {
    state.directory.addTenant(tenantId);
    for (const identity of identities) state.directory.put(tenantId, identity);
  }
  for (const [name, vault] of Object.entries(vaults)) await fill(state, name, vault);
  for (const [pod, clientId] of Object.entries(podIdentities)) state.podIdentities.set(pod, clientId);
}

async function fill(state: AzureState, name: string, seed: z.output<typeof VaultSchema>): Promise<void> {
  const vault = state.addVault(name, seed.tenant);
  const objectIdOf = (clientId: string): string => state.directory.identity(clientId).objectId;
  vault.access.isRbac = seed.rbac ?? vault.access.isRbac;
  for (const { clientId, ...policy } of seed.accessPolicies ?? [])
    vault.access.policies.push({ ...policy, objectId: objectIdOf(clientId) });
  for (const { clientId, ...role } of seed.roleAssignments ?? [])
    vault.access.roles.push({ ...role, objectId: objectIdOf(clientId) });
  for (const [secret, versions] of Object.entries(seed.secrets ?? {}))
    for (const one of [versions].flat()) {
      if (typeof one === "string") vault.setSecret(secret, one);
      else {
        const { enabled, exp, nbf, ...rest } = one;
        vault.setSecret(secret, { ...rest, attributes: given({ enabled, exp, nbf }) });
      }
    }
  for (const [key, { kty, crv, size, pem }] of Object.entries(seed.keys ?? {})) {
    if (kty === "oct") vault.keys.add(key, { value: { key: { kty }, operations: ["wrapKey"], isManaged: false } });
    else if (pem === undefined) vault.keys.add(key, { value: keyValue(await newKey(kty ?? "RSA", crv, size), kty) });
    else vault.setKey(key, pem.includes("PRIVATE") ? createPrivateKey(pem) : createPublicKey(pem), kty);
  }
  for (const [certificate, { value, enabled, exp, nbf, ...rest }] of Object.entries(seed.certificates ?? {}))
    vault.setCertificate(certificate, bundleOf(value), { ...rest, attributes: given({ enabled, exp, nbf }) });
}

/** Without what is undefined. */
function given<T extends Readonly<Record<string, unknown>>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

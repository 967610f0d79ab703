import { z } from "zod";
import { MountproofError } from "../../core/index.ts";
import type { VaultAdmin } from "./admin.ts";

const data = z.record(z.string(), z.unknown());

const SeedSchema = z.strictObject({
  /** Namespaces to make first, by path. */
  namespaces: z.array(z.string()).exactOptional(),
  /** Engines by mount path: `{ "kv1": { type: "kv", options: { version: "1" } } }`. */
  mounts: z.record(z.string(), data).exactOptional(),
  /** Auth methods by mount path: `{ "kubernetes": { type: "kubernetes", config: {…}, roles: { app: {…} } } }`. */
  auth: z
    .record(
      z.string(),
      z.strictObject({
        type: z.string(),
        config: data.exactOptional(),
        roles: z.record(z.string(), data).exactOptional(),
      }),
    )
    .exactOptional(),
  /** Policies in HCL, by name. */
  policies: z.record(z.string(), z.string()).exactOptional(),
  /** Anything else, in this order: path of the API to body. `secret/data/app: { data: { password: x } }`. */
  write: z.record(z.string(), data).exactOptional(),
  /** The Vault namespace all of it goes into; the root without it. */
  namespace: z.string().exactOptional(),
});

/** What a store shall hold, as plain data. */
export type VaultSeed = z.infer<typeof SeedSchema>;

/**
 * Fills a fake Vault through its own API: what Vault would refuse is refused here.
 * @throws MountproofError `invalid_argument` for a seed of another shape, `store_status` for what Vault refuses
 */
export async function seedVault(admin: VaultAdmin, value: unknown): Promise<void> {
  const result = SeedSchema.safeParse(value);
  if (!result.success)
    throw new MountproofError("invalid_argument", {
      message: `the seed of the fake Vault cannot be read: ${z.prettifyError(result.error)}`,
      hint: "it holds namespaces, mounts, auth, policies and write",
    });
  const { namespaces = [], mounts = {}, auth = {}, policies = {}, write = {}, namespace } = result.data;
  for (const path of namespaces) await admin.write(`sys/namespaces/${path}`, {}, namespace);
  for (const [path, mount] of Object.entries(mounts)) await admin.write(`sys/mounts/${path}`, mount, namespace);
  for (const [path, method] of Object.entries(auth)) {
    await admin.write(`sys/auth/${path}`, { type: method.type }, namespace);
    if (method.config !== undefined) await admin.write(`auth/${path}/config`, method.config, namespace);
    for (const [role, body] of Object.entries(method.roles ?? {}))
      await admin.write(`auth/${path}/role/${role}`, body, namespace);
  }
  for (const [name, policy] of Object.entries(policies))
    await admin.write(`sys/policies/acl/${name}`, { policy }, namespace);
  for (const [path, body] of Object.entries(write)) await admin.write(path, body, namespace);
}

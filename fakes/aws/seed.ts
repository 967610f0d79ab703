import { z } from "zod";
import { MountproofError } from "../../core/index.ts";
import type { AwsAdmin } from "./admin.ts";

const document = z.record(z.string(), z.unknown());
const version = z.strictObject({
  id: z.string().exactOptional(),
  string: z.string().exactOptional(),
  /** base64 */
  binary: z.string().exactOptional(),
  stages: z.array(z.string()).exactOptional(),
});
const secret = z.union([
  z.string(),
  z.strictObject({
    string: z.string().exactOptional(),
    binary: z.string().exactOptional(),
    versions: z.array(version).exactOptional(),
    kmsKeyId: z.string().exactOptional(),
    tags: z.record(z.string(), z.string()).exactOptional(),
  }),
]);
const parameter = z.union([
  z.string(),
  z.strictObject({
    value: z.string(),
    type: z.enum(["String", "StringList", "SecureString"]).exactOptional(),
    keyId: z.string().exactOptional(),
    labels: z.array(z.string()).exactOptional(),
  }),
]);

const SeedSchema = z.strictObject({
  /** Issuers of pods' tokens: `[{ url, clientIds: ["sts.amazonaws.com"], caPem }]`. */
  oidcProviders: z
    .array(
      z.strictObject({
        url: z.string(),
        clientIds: z.array(z.string()).exactOptional(),
        caPem: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
  /** Managed policies by name. */
  policies: z.record(z.string(), document).exactOptional(),
  /** Roles by name: trust policy, names of managed policies, and inline policies. */
  roles: z
    .record(
      z.string(),
      z.strictObject({
        trust: document,
        policies: z.array(z.string()).exactOptional(),
        inline: z.record(z.string(), document).exactOptional(),
      }),
    )
    .exactOptional(),
  /** By region, then by name. */
  secrets: z.record(z.string(), z.record(z.string(), secret)).exactOptional(),
  parameters: z.record(z.string(), z.record(z.string(), parameter)).exactOptional(),
  /** KMS keys by region and id. */
  keys: z
    .record(z.string(), z.record(z.string(), z.strictObject({ enabled: z.boolean().exactOptional() })))
    .exactOptional(),
  podIdentity: z
    .strictObject({
      cluster: z.string(),
      issuer: z.strictObject({ url: z.string(), caPem: z.string().exactOptional() }),
      associations: z.array(z.strictObject({ namespace: z.string(), serviceAccount: z.string(), role: z.string() })),
    })
    .exactOptional(),
});

export type AwsSeed = z.infer<typeof SeedSchema>;

/** Fills an account. @throws MountproofError `invalid_argument` naming what is wrong with the seed */
export async function seedAws(admin: AwsAdmin, seed: unknown): Promise<void> {
  const result = SeedSchema.safeParse(seed ?? {});
  if (!result.success)
    throw new MountproofError("invalid_argument", {
      message: `the seed for AWS is not valid: ${z.prettifyError(result.error)}`,
      hint: "it may hold oidcProviders, policies, roles, keys, secrets, parameters and podIdentity",
    });
  const {
    oidcProviders = [],
    policies = {},
    roles = {},
    keys = {},
    secrets = {},
    parameters = {},
    podIdentity,
  } = result.data;
  for (const { url, clientIds, caPem } of oidcProviders)
    admin.trustIssuer({ url, ...(caPem !== undefined && { caPem }) }, clientIds);
  for (const [name, policy] of Object.entries(policies)) admin.policy(name, policy);
  for (const [name, role] of Object.entries(roles)) admin.role(name, role.trust, role.policies, role.inline);
  for (const [region, ids] of Object.entries(keys))
    for (const [id, key] of Object.entries(ids)) admin.key(region, id, key.enabled ?? true);
  for (const [region, names] of Object.entries(secrets))
    for (const [name, value] of Object.entries(names))
      admin.secret(region, name, typeof value === "string" ? { string: value } : value);
  for (const [region, names] of Object.entries(parameters))
    for (const [name, value] of Object.entries(names))
      admin.parameter(region, name, typeof value === "string" ? { value } : value);
  if (podIdentity !== undefined) admin.podIdentity(podIdentity.cluster, podIdentity.issuer, podIdentity.associations);
}

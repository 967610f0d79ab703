import { create } from "@bufbuild/protobuf";
import { z } from "zod";
import { MountproofError, messageOf } from "../../core/index.ts";
import { ParameterFormat, ParameterSchema, ParameterVersionSchema } from "../../wire/gen/google_parametermanager_pb.ts";
import { SecretPayloadSchema, SecretSchema } from "../../wire/gen/google_secretmanager_pb.ts";
import { addParameterVersion } from "./parameters/service.ts";
import { parentOf, parseName } from "./projects.ts";
import { addVersion } from "./secrets/service.ts";
import type { GcpState } from "./state.ts";

const text = z.union([z.string(), z.strictObject({ base64: z.string() })]);
const binding = z.strictObject({
  role: z.string(),
  members: z.array(z.string()),
  condition: z.strictObject({ expression: z.string(), title: z.string().exactOptional() }).exactOptional(),
});
const policy = z.array(binding);

const SeedSchema = z.strictObject({
  /** Ids of projects to make, with their numbers or without. */
  projects: z.record(z.string(), z.strictObject({ number: z.string().exactOptional() })).exactOptional(),
  /** GKE clusters, whose ServiceAccounts belong to `PROJECT.svc.id.goog`. */
  clusters: z
    .array(z.strictObject({ project: z.string(), location: z.string(), name: z.string(), issuer: z.string() }))
    .exactOptional(),
  /** Providers of workload identity pools, by `projects/N/locations/global/workloadIdentityPools/P/providers/Q`. */
  providers: z
    .record(
      z.string(),
      z.strictObject({
        issuer: z.string(),
        allowedAudiences: z.array(z.string()).exactOptional(),
        attributeMapping: z.record(z.string(), z.string()).exactOptional(),
        attributeCondition: z.string().exactOptional(),
        disabled: z.boolean().exactOptional(),
      }),
    )
    .exactOptional(),
  /** Google service accounts by email: who may lend them, and public keys by id. */
  serviceAccounts: z
    .record(
      z.string(),
      z.strictObject({
        policy: policy.exactOptional(),
        keys: z.record(z.string(), z.string()).exactOptional(),
        disabled: z.boolean().exactOptional(),
      }),
    )
    .exactOptional(),
  /** A project's own roles: permissions by `projects/P/roles/R`. */
  roles: z.record(z.string(), z.array(z.string())).exactOptional(),
  /** Policies of whole projects, by id. */
  policies: z.record(z.string(), policy).exactOptional(),
  /** Secrets by `projects/P[/locations/L]/secrets/S`: their versions, oldest first, and who may read them. */
  secrets: z
    .record(
      z.string(),
      z.strictObject({
        versions: z.array(text).exactOptional(),
        aliases: z.record(z.string(), z.int()).exactOptional(),
        labels: z.record(z.string(), z.string()).exactOptional(),
        policy: policy.exactOptional(),
      }),
    )
    .exactOptional(),
  /** Parameters by `projects/P/locations/L/parameters/N`: versions by id. */
  parameters: z
    .record(
      z.string(),
      z.strictObject({
        format: z.enum(["UNFORMATTED", "YAML", "JSON"]).exactOptional(),
        versions: z.record(z.string(), text).exactOptional(),
      }),
    )
    .exactOptional(),
  /** What the metadata server tells. */
  metadata: z
    .strictObject({
      projectId: z.string().exactOptional(),
      zone: z.string().exactOptional(),
      attributes: z.record(z.string(), z.string()).exactOptional(),
      serviceAccount: z.string().exactOptional(),
    })
    .exactOptional(),
});

/** What a fake Google shall hold, as plain data. Seeding twice adds versions and replaces policies. */
export type GcpSeed = z.input<typeof SeedSchema>;

/**
 * Fills a fake Google; what Google would refuse is refused here.
 * @throws MountproofError `invalid_argument` for a seed of another shape, and for what Google would not take
 */
export function seedGcp(state: GcpState, value: unknown): void {
  const result = SeedSchema.safeParse(value);
  if (!result.success) throw refused(`it cannot be read: ${z.prettifyError(result.error)}`);
  try {
    fill(state, result.data);
  } catch (error) {
    if (error instanceof MountproofError) throw error;
    throw refused(messageOf(error), error);
  }
}

function refused(why: string, cause?: unknown): MountproofError {
  return new MountproofError("invalid_argument", {
    message: `the seed of the fake Google is refused: ${why}`,
    hint: "it holds projects, clusters, providers, serviceAccounts, roles, policies, secrets, parameters and metadata",
    cause,
  });
}

type Bindings = z.output<typeof policy>;

function fill(state: GcpState, seed: z.output<typeof SeedSchema>): void {
  const { projects, pools, accounts, roles } = state;
  for (const [id, { number }] of Object.entries(seed.projects ?? {})) projects.add(id, number);
  for (const [role, permissions] of Object.entries(seed.roles ?? {})) roles.define(role, permissions);
  for (const cluster of seed.clusters ?? []) {
    known(state, cluster.project);
    pools.addCluster(cluster);
  }
  for (const [name, provider] of Object.entries(seed.providers ?? {}))
    pools.addProvider({
      name,
      issuer: provider.issuer,
      allowedAudiences: provider.allowedAudiences ?? [],
      attributeMapping: provider.attributeMapping ?? { "google.subject": "assertion.sub" },
      ...(provider.attributeCondition !== undefined && { attributeCondition: provider.attributeCondition }),
      isDisabled: provider.disabled === true,
    });
  for (const [email, account] of Object.entries(seed.serviceAccounts ?? {})) {
    accounts.add(email).isDisabled = account.disabled === true;
    for (const [id, pem] of Object.entries(account.keys ?? {})) accounts.addKey(email, id, pem);
    if (account.policy !== undefined) setPolicy(state, `serviceAccounts/${email}`, account.policy);
  }
  for (const [id, bindings] of Object.entries(seed.policies ?? {}))
    setPolicy(state, `projects/${known(state, id).id}`, bindings);
  for (const [name, secret] of Object.entries(seed.secrets ?? {})) fillSecret(state, name, secret);
  for (const [name, parameter] of Object.entries(seed.parameters ?? {})) fillParameter(state, name, parameter);
  if (seed.metadata !== undefined) {
    const { projectId, serviceAccount, attributes = {}, zone } = seed.metadata;
    const project = projectId === undefined ? undefined : known(state, projectId);
    if (serviceAccount !== undefined) accounts.add(serviceAccount);
    state.machine = {
      attributes,
      ...(project !== undefined && { projectId: project.id, numericProjectId: project.number }),
      ...(serviceAccount !== undefined && { serviceAccount }),
      ...(zone !== undefined && { zone }),
    };
  }
}

function fillSecret(
  state: GcpState,
  name: string,
  seed: NonNullable<z.output<typeof SeedSchema>["secrets"]>[string],
): void {
  const { project, location, ids } = parseName(name, "secrets");
  const full = `${parentOf(known(state, project), location)}/secrets/${ids["secrets"]}`;
  const { secrets } = state;
  const message = create(SecretSchema, {
    name: full,
    createTime: secrets.now(),
    labels: seed.labels ?? {},
    ...(location === undefined && { replication: { replication: { case: "automatic", value: {} } } }),
  });
  const secret = secrets.find(full) ?? secrets.add(full, message);
  for (const version of seed.versions ?? [])
    addVersion(secrets, secret, create(SecretPayloadSchema, { data: bytesOf(version) }));
  for (const [alias, id] of Object.entries(seed.aliases ?? {})) secret.message.versionAliases[alias] = BigInt(id);
  if (seed.policy !== undefined) setPolicy(state, full, seed.policy);
}

function fillParameter(
  state: GcpState,
  name: string,
  seed: NonNullable<z.output<typeof SeedSchema>["parameters"]>[string],
): void {
  const { project, location, ids } = parseName(name, "parameters");
  const { parameters, random } = state;
  const full = `${parentOf(known(state, project), location ?? "global")}/parameters/${ids["parameters"]}`;
  const message = create(ParameterSchema, { format: ParameterFormat[seed.format ?? "UNFORMATTED"] });
  const parameter = parameters.find(full) ?? parameters.add(full, random.uuid(), message);
  for (const [id, version] of Object.entries(seed.versions ?? {}))
    addParameterVersion(
      parameters,
      parameter,
      id,
      create(ParameterVersionSchema, { payload: { data: bytesOf(version) } }),
    );
}

/** Conditions need policies of version 3; a seed does not have to say so. */
function setPolicy({ policies }: GcpState, resource: string, bindings: Bindings): void {
  policies.delete(resource);
  policies.set(resource, { version: 3, bindings: bindings.map((one) => ({ ...one })) as never });
}

function known({ projects }: GcpState, id: string) {
  return projects.find(id) ?? projects.add(id);
}

function bytesOf(value: z.output<typeof text>): Uint8Array {
  return typeof value === "string" ? Buffer.from(value) : Buffer.from(value.base64, "base64");
}

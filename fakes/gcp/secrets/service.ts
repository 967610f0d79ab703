import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { crc32c } from "../../../core/index.ts";
import {
  type Secret,
  SecretManagerService,
  type SecretPayload,
  SecretSchema,
  SecretVersion_State as State,
} from "../../../wire/gen/google_secretmanager_pb.ts";
import { type BoundService, type Handlers, type ServerCall, service } from "../../../wire/grpc/server.ts";
import { GrpcStatus } from "../../../wire/grpc/status.ts";
import { checkHost, type Gate } from "../access.ts";
import type { Policies } from "../iam/policies.ts";
import { pageOf } from "../pages.ts";
import { type Projects, parentOf, parseName } from "../projects.ts";
import { invalid, permissionDenied, precondition, refusal, unimplemented } from "../status.ts";
import {
  type SecretStore,
  STATE_NAMES,
  type StoredSecret,
  type StoredVersion,
  secretMessage,
  versionMessage,
} from "./store.ts";

const SECRET_ID = /^[A-Za-z0-9_-]{1,255}$/;
const MAX_PAYLOAD = 64 * 1024;
const SERVICE = "secretmanager.googleapis.com";

export type SecretParts = {
  readonly store: SecretStore;
  readonly projects: Projects;
  readonly policies: Policies;
  readonly gate: Gate;
};

/** google.cloud.secretmanager.v1, but for managed rotation. */
export function secretManager(parts: SecretParts): BoundService {
  const { store, projects, policies, gate } = parts;

  /** The project or region of a request, once the caller may do something there. */
  const parentFor = (name: string, permission: string, call: ServerCall): string => {
    const { project, location } = parseName(name);
    checkHost(call, location);
    const parent = parentOf(projects.get(project, permission), location);
    gate.demand(call, {
      permission,
      policiesOf: [`projects/${projects.get(project, permission).id}`],
      resource: { name: parent, type: "cloudresourcemanager.googleapis.com/Project", service: SERVICE },
    });
    return parent;
  };

  /** A secret, once the caller may do something with it: to others it is as if it were not there. */
  const secretFor = (
    name: string,
    permission: string,
    call: ServerCall,
    version?: { readonly id: string; readonly given: string },
  ): StoredSecret => {
    const parsed = parseName(name, "secrets");
    checkHost(call, parsed.location);
    const project = projects.get(parsed.project, permission);
    const full = `${parentOf(project, parsed.location)}/secrets/${parsed.ids["secrets"]}`;
    const secret = store.find(full);
    const resource =
      version === undefined
        ? { name: full, type: `${SERVICE}/Secret`, service: SERVICE }
        : { name: `${full}/versions/${version.id}`, type: `${SERVICE}/SecretVersion`, service: SERVICE };
    const policiesOf = [...(secret === undefined ? [] : [full]), `projects/${project.id}`];
    if (!gate.allows(call, { permission, policiesOf, resource }))
      // Told in the caller's own words, as Google tells it.
      throw permissionDenied(permission, version?.given ?? name);
    return secret ?? store.get(full);
  };

  const versionFor = (
    name: string,
    permission: string,
    call: ServerCall,
  ): { readonly secret: StoredSecret; readonly version: StoredVersion } => {
    const match = /^(.*)\/versions\/([^/]+)$/.exec(name);
    if (match === null) throw invalid(`The provided resource name ${JSON.stringify(name)} names no version.`);
    const [, secretName = "", id = ""] = match;
    const known = existing(secretName);
    // A condition sees the version's number, whatever it was called by.
    const resolved = known === undefined || id !== "latest" ? id : String(known.versions.at(-1)?.id ?? id);
    const secret = secretFor(secretName, permission, call, { id: resolved, given: name });
    return { secret, version: store.version(secret, id) };
  };

  const existing = (name: string): StoredSecret | undefined => {
    const { project, location, ids } = parseName(name, "secrets");
    const found = projects.find(project);
    return found && store.find(`${parentOf(found, location)}/secrets/${ids["secrets"]}`);
  };

  const change = (name: string, etag: string, permission: string, call: ServerCall, to: State) => {
    const { secret, version } = versionFor(name, permission, call);
    checkEtag(etag, versionMessage(secret, version).etag);
    if (version.state === State.DESTROYED)
      throw precondition(`Secret Version [${secret.name}/versions/${version.id}] is in DESTROYED state.`);
    version.state = to;
    version.revision++;
    if (to === State.DESTROYED) {
      version.data = new Uint8Array();
      version.destroyedMs = store.nowMs();
    }
    return versionMessage(secret, version);
  };

  const handlers: Handlers<typeof SecretManagerService> = {
    listSecrets: (request, call) => {
      const parent = parentFor(request.parent, "secretmanager.secrets.list", call);
      const all = store.below(parent);
      const { items, next } = pageOf(all, request);
      return { secrets: items.map(secretMessage), nextPageToken: next, totalSize: all.length };
    },
    createSecret: (request, call) => {
      const parent = parentFor(request.parent, "secretmanager.secrets.create", call);
      if (!SECRET_ID.test(request.secretId))
        throw invalid(`The secret id ${JSON.stringify(request.secretId)} must match [a-zA-Z0-9_-]{1,255}.`);
      const asked = request.secret ?? create(SecretSchema);
      const isRegional = parent.includes("/locations/");
      if (!isRegional && asked.replication?.replication.case === undefined) throw invalid("Missing secret.replication");
      if (isRegional && asked.replication !== undefined)
        throw invalid("Replication policy cannot be specified for regional secrets.");
      refuseUnserved(asked);
      const name = `${parent}/secrets/${request.secretId}`;
      return secretMessage(
        store.add(name, create(SecretSchema, { ...asked, name, createTime: store.now(), ...lifetimeOf(asked, store) })),
      );
    },
    addSecretVersion: (request, call) => {
      const secret = secretFor(request.parent, "secretmanager.versions.add", call);
      return versionMessage(secret, addVersion(store, secret, request.payload));
    },
    getSecret: (request, call) => secretMessage(secretFor(request.name, "secretmanager.secrets.get", call)),
    updateSecret: (request, call) => {
      const asked = request.secret;
      if (asked === undefined) throw invalid("Missing secret");
      const secret = secretFor(asked.name, "secretmanager.secrets.update", call);
      checkEtag(asked.etag, secretMessage(secret).etag);
      secret.message = updated(secret.message, asked, request.updateMask?.paths ?? [], store);
      secret.revision++;
      return secretMessage(secret);
    },
    deleteSecret: (request, call) => {
      const secret = secretFor(request.name, "secretmanager.secrets.delete", call);
      checkEtag(request.etag, secretMessage(secret).etag);
      store.delete(secret.name);
      policies.delete(secret.name);
      return {};
    },
    listSecretVersions: (request, call) => {
      const secret = secretFor(request.parent, "secretmanager.versions.list", call);
      const all = [...secret.versions].reverse();
      const { items, next } = pageOf(all, request);
      return { versions: items.map((one) => versionMessage(secret, one)), nextPageToken: next, totalSize: all.length };
    },
    getSecretVersion: (request, call) => {
      const { secret, version } = versionFor(request.name, "secretmanager.versions.get", call);
      return versionMessage(secret, version);
    },
    accessSecretVersion: (request, call) => {
      const { secret, version } = versionFor(request.name, "secretmanager.versions.access", call);
      const name = `${secret.name}/versions/${version.id}`;
      if (version.state !== State.ENABLED)
        throw precondition(`Secret Version [${name}] is in ${STATE_NAMES[version.state]} state.`);
      return { name, payload: { data: version.data, dataCrc32c: version.checksum } };
    },
    disableSecretVersion: (request, call) =>
      change(request.name, request.etag, "secretmanager.versions.disable", call, State.DISABLED),
    enableSecretVersion: (request, call) =>
      change(request.name, request.etag, "secretmanager.versions.enable", call, State.ENABLED),
    destroySecretVersion: (request, call) =>
      change(request.name, request.etag, "secretmanager.versions.destroy", call, State.DESTROYED),
    setIamPolicy: (request, call) => {
      const secret = secretFor(request.resource, "secretmanager.secrets.setIamPolicy", call);
      if ((request.updateMask?.paths.length ?? 0) > 0) throw unimplemented("An update mask on policies");
      return policies.set(secret.name, request.policy ?? {});
    },
    getIamPolicy: (request, call) => {
      const secret = secretFor(request.resource, "secretmanager.secrets.getIamPolicy", call);
      return policies.get(secret.name, request.options?.requestedPolicyVersion);
    },
    testIamPermissions: (request, call) => {
      const known = existing(request.resource);
      gate.caller(call);
      const { project } = parseName(request.resource, "secrets");
      const permissions = request.permissions.filter((permission) =>
        gate.allows(call, {
          permission,
          policiesOf: [...(known === undefined ? [] : [known.name]), `projects/${projects.find(project)?.id}`],
          resource: { name: known?.name ?? request.resource, type: `${SERVICE}/Secret`, service: SERVICE },
        }),
      );
      return { permissions };
    },
  };
  return service(SecretManagerService, handlers);
}

/** @throws GrpcError INVALID_ARGUMENT for a payload that is too large or does not match its checksum */
export function addVersion(
  store: SecretStore,
  secret: StoredSecret,
  payload: SecretPayload | undefined,
): StoredVersion {
  const data = payload?.data ?? new Uint8Array();
  if (payload === undefined) throw invalid("Missing payload");
  if (data.length > MAX_PAYLOAD)
    throw invalid(`The secret payload is ${data.length} bytes; the limit is ${MAX_PAYLOAD} bytes.`);
  const checksum = BigInt(crc32c(data));
  if (payload.dataCrc32c !== undefined && payload.dataCrc32c !== checksum)
    throw invalid("The payload data does not match its CRC32C checksum.");
  const version: StoredVersion = {
    id: (secret.versions.at(-1)?.id ?? 0) + 1,
    createdMs: store.nowMs(),
    state: State.ENABLED,
    destroyedMs: undefined,
    data,
    checksum,
    clientChecksum: payload.dataCrc32c !== undefined,
    revision: 1,
  };
  secret.versions.push(version);
  return version;
}

function refuseUnserved(asked: Secret): void {
  if (asked.topics.length > 0) throw unimplemented("A topic on secrets");
  if (asked.rotation !== undefined) throw unimplemented("Rotation on secrets");
  if (asked.versionDestroyTtl !== undefined) throw unimplemented("A delay before versions are destroyed");
  if (asked.customerManagedEncryption !== undefined) throw unimplemented("Encryption with one's own key");
}

/** A time to live becomes the instant it ends at. */
function lifetimeOf(asked: Secret, store: SecretStore): Partial<Pick<Secret, "expiration">> {
  if (asked.expiration.case !== "ttl") return {};
  const ms = store.nowMs() + Number(asked.expiration.value.seconds) * 1000;
  return { expiration: { case: "expireTime", value: timestampFromMs(ms) } };
}

function updated(message: Secret, asked: Secret, paths: readonly string[], store: SecretStore): Secret {
  if (paths.length === 0) throw invalid("Missing update_mask");
  const next = create(SecretSchema, { ...message });
  for (const path of paths)
    switch (path) {
      case "labels":
        next.labels = asked.labels;
        break;
      case "annotations":
        next.annotations = asked.annotations;
        break;
      case "version_aliases":
        next.versionAliases = asked.versionAliases;
        break;
      case "expire_time":
        next.expiration = asked.expiration;
        break;
      case "ttl":
        next.expiration = lifetimeOf(asked, store).expiration ?? { case: undefined };
        break;
      default:
        throw unimplemented(`An update of ${JSON.stringify(path)}`);
    }
  return next;
}

function checkEtag(given: string, actual: string): void {
  if (given !== "" && given !== actual)
    throw refusal(
      GrpcStatus.FAILED_PRECONDITION,
      `The etag provided in the request, [${given}], does not match the current etag.`,
    );
}

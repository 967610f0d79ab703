import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "../../../core/index.ts";
import {
  type Secret,
  SecretSchema,
  SecretVersion_State,
  SecretVersionSchema,
} from "../../../wire/gen/google_secretmanager_pb.ts";
import { GrpcStatus } from "../../../wire/grpc/status.ts";
import { notFound, refusal } from "../status.ts";

export type StoredVersion = {
  readonly id: number;
  readonly createdMs: number;
  state: SecretVersion_State;
  destroyedMs: number | undefined;
  /** Empty once destroyed. */
  data: Uint8Array;
  readonly checksum: bigint;
  readonly clientChecksum: boolean;
  revision: number;
};

/** A secret with its versions, oldest first. */
export type StoredSecret = {
  /** `projects/NUMBER[/locations/L]/secrets/ID` */
  readonly name: string;
  message: Secret;
  readonly versions: StoredVersion[];
  revision: number;
};

/** What Secret Manager keeps. A secret whose time is up is gone. */
export class SecretStore {
  readonly #clock: Clock;
  readonly #secrets = new Map<string, StoredSecret>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(name: string): StoredSecret | undefined {
    const secret = this.#secrets.get(name);
    if (secret?.message.expiration.case !== "expireTime") return secret;
    if (timestampMs(secret.message.expiration.value) > this.#clock.now()) return secret;
    this.#secrets.delete(name);
    return undefined;
  }

  /** @throws GrpcError NOT_FOUND */
  get(name: string): StoredSecret {
    const secret = this.find(name);
    if (secret === undefined) throw notFound(`Secret [${name}] not found.`);
    return secret;
  }

  /** @throws GrpcError ALREADY_EXISTS */
  add(name: string, message: Secret): StoredSecret {
    if (this.find(name) !== undefined) throw refusal(GrpcStatus.ALREADY_EXISTS, `Secret [${name}] already exists.`);
    const secret: StoredSecret = { name, message, versions: [], revision: 1 };
    this.#secrets.set(name, secret);
    return secret;
  }

  delete(name: string): void {
    this.#secrets.delete(name);
  }

  /** In the order of their making, newest first, as the API lists them. */
  below(parent: string): StoredSecret[] {
    const names = [...this.#secrets.keys()].filter((name) => name.startsWith(`${parent}/secrets/`));
    return names.flatMap((name) => this.find(name) ?? []).reverse();
  }

  /**
   * The version that an id, an alias or `latest` means.
   * @throws GrpcError NOT_FOUND
   */
  version(secret: StoredSecret, id: string): StoredVersion {
    const alias = secret.message.versionAliases[id];
    const found =
      id === "latest"
        ? secret.versions.at(-1)
        : secret.versions.find((one) => String(one.id) === (alias === undefined ? id : String(alias)));
    if (found !== undefined) return found;
    if (secret.versions.length === 0) throw notFound(`Secret [${secret.name}] not found or has no versions.`);
    throw notFound(`Secret Version [${secret.name}/versions/${id}] not found.`);
  }

  /** Of what happens now. */
  now() {
    return timestampFromMs(this.#clock.now());
  }

  nowMs(): number {
    return this.#clock.now();
  }
}

export function secretMessage({ message, revision }: StoredSecret): Secret {
  return create(SecretSchema, { ...message, etag: `"${revision.toString(16).padStart(14, "0")}"` });
}

export function versionMessage(secret: StoredSecret, version: StoredVersion) {
  const { id, createdMs, state, destroyedMs, clientChecksum, revision } = version;
  return create(SecretVersionSchema, {
    name: `${secret.name}/versions/${id}`,
    createTime: timestampFromMs(createdMs),
    ...(destroyedMs !== undefined && { destroyTime: timestampFromMs(destroyedMs) }),
    state,
    etag: `"${revision.toString(16).padStart(14, "0")}"`,
    clientSpecifiedPayloadChecksum: clientChecksum,
    ...(secret.message.replication?.replication.case === "automatic" && {
      replicationStatus: { replicationStatus: { case: "automatic" as const, value: {} } },
    }),
  });
}

export const STATE_NAMES: Readonly<Record<number, string>> = {
  [SecretVersion_State.ENABLED]: "ENABLED",
  [SecretVersion_State.DISABLED]: "DISABLED",
  [SecretVersion_State.DESTROYED]: "DESTROYED",
};

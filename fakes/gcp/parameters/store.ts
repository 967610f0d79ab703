import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "../../../core/index.ts";
import { ResourcePolicyMemberSchema } from "../../../wire/gen/google_iam_pb.ts";
import {
  type Parameter,
  ParameterSchema,
  ParameterVersionSchema,
} from "../../../wire/gen/google_parametermanager_pb.ts";
import { GrpcStatus } from "../../../wire/grpc/status.ts";
import { notFound, refusal } from "../status.ts";

export type StoredParameterVersion = {
  readonly id: string;
  readonly createdMs: number;
  updatedMs: number;
  disabled: boolean;
  data: Uint8Array;
};

export type StoredParameter = {
  /** `projects/NUMBER/locations/L/parameters/ID` */
  readonly name: string;
  readonly uid: string;
  message: Parameter;
  readonly createdMs: number;
  updatedMs: number;
  readonly versions: Map<string, StoredParameterVersion>;
};

/** What Parameter Manager keeps. */
export class ParameterStore {
  readonly #clock: Clock;
  readonly #parameters = new Map<string, StoredParameter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.now();
  }

  find(name: string): StoredParameter | undefined {
    return this.#parameters.get(name);
  }

  /** @throws GrpcError NOT_FOUND */
  get(name: string): StoredParameter {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) throw notFound(`Resource '${name}' was not found`);
    return parameter;
  }

  /** @throws GrpcError ALREADY_EXISTS */
  add(name: string, uid: string, message: Parameter): StoredParameter {
    if (this.#parameters.has(name)) throw refusal(GrpcStatus.ALREADY_EXISTS, `Resource '${name}' already exists`);
    const now = this.#clock.now();
    const parameter: StoredParameter = { name, uid, message, createdMs: now, updatedMs: now, versions: new Map() };
    this.#parameters.set(name, parameter);
    return parameter;
  }

  delete(name: string): void {
    this.#parameters.delete(name);
  }

  below(parent: string): StoredParameter[] {
    return [...this.#parameters.values()].filter(({ name }) => name.startsWith(`${parent}/parameters/`));
  }
}

export function parameterMessage(stored: StoredParameter): Parameter {
  const { name, uid, message, createdMs, updatedMs } = stored;
  const [, project = "", , location = "", , id = ""] = name.split("/");
  const base = `principal://parametermanager.googleapis.com/projects/${project}`;
  return create(ParameterSchema, {
    ...message,
    name,
    createTime: timestampFromMs(createdMs),
    updateTime: timestampFromMs(updatedMs),
    policyMember: create(ResourcePolicyMemberSchema, {
      iamPolicyUidPrincipal: `${base}/uid/locations/${location}/parameters/${uid}`,
      iamPolicyNamePrincipal: `${base}/name/locations/${location}/parameters/${id}`,
    }),
  });
}

/** @param withPayload left out of lists and the basic view */
export function parameterVersionMessage(
  { name }: StoredParameter,
  { id, createdMs, updatedMs, disabled, data }: StoredParameterVersion,
  withPayload: boolean,
) {
  return create(ParameterVersionSchema, {
    name: `${name}/versions/${id}`,
    createTime: timestampFromMs(createdMs),
    updateTime: timestampFromMs(updatedMs),
    disabled,
    ...(withPayload && { payload: { data } }),
  });
}

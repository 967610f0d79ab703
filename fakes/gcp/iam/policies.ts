import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Clock } from "../../../core/index.ts";
import { type Policy, PolicySchema } from "../../../wire/gen/google_iam_pb.ts";
import { GrpcStatus } from "../../../wire/grpc/status.ts";
import { evaluateCel, Timestamp } from "../cel/evaluate.ts";
import { CelError, parseCel } from "../cel/parse.ts";
import { invalid, refusal } from "../status.ts";
import type { Principal } from "./principal.ts";
import type { Roles } from "./roles.ts";

/** What is to be done to what. */
export type Access = {
  readonly permission: string;
  /** Policies that count, the thing's own first: `projects/1/secrets/s`, `projects/p`. */
  readonly policiesOf: readonly string[];
  /** What conditions see. */
  readonly resource: { readonly name: string; readonly type: string; readonly service: string };
};

const MEMBER =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|principal|principalSet|deleted):.+)$/;

/** Who may do what: the policies of projects, secrets and service accounts. */
export class Policies {
  readonly #clock: Clock;
  readonly #roles: Roles;
  readonly #byResource = new Map<string, Policy>();
  #revision = 0;

  constructor(clock: Clock, roles: Roles) {
    this.#clock = clock;
    this.#roles = roles;
  }

  /** As asked for: below version 3 conditions are left out, and roles say so. */
  get(resource: string, version = 1): Policy {
    const policy = this.#byResource.get(resource) ?? create(PolicySchema, { version: 1, etag: Buffer.from("ACAB") });
    if (version >= 3 || policy.bindings.every(({ condition }) => condition === undefined)) return policy;
    const bindings = policy.bindings.map(({ role, members, condition }) => ({
      role:
        condition === undefined
          ? role
          : `${role}_withcond_${Buffer.from(condition.expression).toString("hex").slice(0, 20)}`,
      members,
    }));
    return create(PolicySchema, { version: 1, etag: policy.etag, bindings });
  }

  /** @throws GrpcError INVALID_ARGUMENT for members, roles and conditions that are none; ABORTED for an old etag */
  set(resource: string, init: MessageInitShape<typeof PolicySchema>): Policy {
    const policy = create(PolicySchema, init);
    const known = this.#byResource.get(resource);
    if (known !== undefined && policy.etag.length > 0 && !Buffer.from(policy.etag).equals(Buffer.from(known.etag)))
      throw refusal(
        GrpcStatus.ABORTED,
        "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
      );
    for (const { role, members, condition } of policy.bindings) {
      if (!this.#roles.knows(role)) throw invalid(`Role ${role} is not supported for this resource.`);
      const stranger = members.find((member) => !MEMBER.test(member));
      if (stranger !== undefined) throw invalid(`Invalid principal ${stranger}.`);
      if (condition === undefined) continue;
      if (policy.version !== 3)
        throw invalid("Specified policy version is not supported: a policy with conditions needs version 3.");
      checkCel(condition.expression);
    }
    const kept = create(PolicySchema, {
      version: policy.version || 1,
      bindings: policy.bindings,
      etag: Buffer.from(`BwY${(++this.#revision).toString(36).padStart(8, "0")}`),
    });
    this.#byResource.set(resource, kept);
    return kept;
  }

  delete(resource: string): void {
    this.#byResource.delete(resource);
  }

  allows(principal: Principal, { permission, policiesOf, resource }: Access): boolean {
    if (principal.isRoot === true) return true;
    return policiesOf.some((name) =>
      (this.#byResource.get(name)?.bindings ?? []).some(
        ({ role, members, condition }) =>
          this.#roles.grants(role, permission) &&
          members.some((member) => means(member, principal)) &&
          (condition === undefined || this.#holds(condition.expression, resource)),
      ),
    );
  }

  /** A condition without a value does not hold. */
  #holds(expression: string, resource: Access["resource"]): boolean {
    try {
      const scope = { resource, request: { time: new Timestamp(this.#clock.now()) } };
      return evaluateCel(parseCel(expression), scope) === true;
    } catch (error) {
      if (error instanceof CelError) return false;
      throw error;
    }
  }
}

/** @throws GrpcError INVALID_ARGUMENT for an expression that cannot be read */
export function checkCel(expression: string): void {
  try {
    parseCel(expression);
  } catch (error) {
    throw invalid(`Condition expression compilation failed: ${(error as Error).message}`);
  }
}

function means(member: string, { members }: Principal): boolean {
  return member === "allUsers" || member === "allAuthenticatedUsers" || members.has(member);
}

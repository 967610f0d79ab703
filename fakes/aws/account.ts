import type { Clock, Random } from "../../core/index.ts";
import { AwsRefusal } from "./errors.ts";
import type { IamState, Role } from "./iam/state.ts";
import type { RequestContext } from "./policy/conditions.ts";
import { decide } from "./policy/evaluate.ts";
import type { ParameterState } from "./stores/parameter.ts";
import type { SecretState } from "./stores/secret.ts";

/** Who asks. */
export type Caller =
  /** The account's owner, by its own keys: may do everything. */
  | { readonly kind: "owner"; readonly arn: string; readonly userId: string }
  | {
      readonly kind: "role";
      readonly arn: string;
      readonly userId: string;
      readonly role: Role;
      /** Session tags, by key: the Pod Identity agent brings the pod's. */
      readonly tags: ReadonlyMap<string, string>;
    };

/** Keys that a request may be signed with. */
export type AccessKey = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expires?: number;
  readonly caller: Caller;
};

/** A KMS key, as far as reading secrets goes. */
export type KmsKey = { readonly arn: string; isEnabled: boolean };

/** What one region holds. */
export type Region = {
  readonly secrets: Map<string, SecretState>;
  readonly parameters: Map<string, ParameterState>;
  /** By id. */
  readonly keys: Map<string, KmsKey>;
};

const DEFAULT_SESSION_SECONDS = 3600;
const KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SUFFIX_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** One AWS account: who may do what, and what each region holds. */
export class Account {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly iam: IamState;
  readonly #regions = new Map<string, Region>();
  readonly #keys = new Map<string, AccessKey>();

  constructor(id: string, clock: Clock, random: Random, iam: IamState) {
    this.id = id;
    this.clock = clock;
    this.random = random;
    this.iam = iam;
  }

  region(name: string): Region {
    let region = this.#regions.get(name);
    if (region === undefined) {
      region = { secrets: new Map(), parameters: new Map(), keys: new Map() };
      this.#regions.set(name, region);
    }
    return region;
  }

  addKey(key: AccessKey): void {
    this.#keys.set(key.accessKeyId, key);
  }

  keyOf(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** Temporary keys of a role. */
  assume(
    role: Role,
    sessionName: string,
    options: { readonly seconds?: number; readonly tags?: ReadonlyMap<string, string> } = {},
  ): AccessKey {
    const now = this.clock.now();
    for (const [id, { expires }] of this.#keys)
      if (expires !== undefined && expires < now - 3_600_000) this.#keys.delete(id);
    const key: AccessKey = {
      accessKeyId: `ASIA${this.draw(16, KEY_ALPHABET)}`,
      secretAccessKey: this.draw(40, SUFFIX_ALPHABET),
      sessionToken: this.draw(120, SUFFIX_ALPHABET),
      expires: now + (options.seconds ?? DEFAULT_SESSION_SECONDS) * 1000,
      caller: {
        kind: "role",
        arn: `arn:aws:sts::${this.id}:assumed-role/${role.name}/${sessionName}`,
        userId: `${role.id}:${sessionName}`,
        role,
        tags: options.tags ?? new Map(),
      },
    };
    this.addKey(key);
    return key;
  }

  draw(length: number, alphabet: string = SUFFIX_ALPHABET): string {
    return Array.from({ length }, () => alphabet[this.random.integer(0, alphabet.length - 1)]).join("");
  }

  /** What a caller's own policies say. */
  decide(caller: Caller, action: string, resource: string, more: Readonly<Record<string, string>> = {}) {
    if (caller.kind === "owner") return "allowed" as const;
    const region = /^arn:[^:]*:[^:]*:([^:]*):/.exec(resource)?.[1] ?? "";
    const context = contextOf({
      "aws:PrincipalArn": caller.role.arn,
      "aws:PrincipalAccount": this.id,
      "aws:userid": caller.userId,
      ...(region !== "" && { "aws:RequestedRegion": region }),
      ...Object.fromEntries([...caller.tags].map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
      ...more,
    });
    return decide(this.iam.statementsOf(caller.role), { action, resource, context });
  }

  /**
   * @param shown the resource as the message names it
   * @throws AwsRefusal `AccessDeniedException`, in IAM's words
   */
  authorize(
    caller: Caller,
    action: string,
    resource: string,
    more: Readonly<Record<string, string>> = {},
    shown: string = resource,
  ): void {
    const decision = this.decide(caller, action, resource, more);
    if (decision === "allowed") return;
    const why =
      decision === "denied"
        ? "with an explicit deny in an identity-based policy"
        : `because no identity-based policy allows the ${action} action`;
    throw new AwsRefusal(
      "AccessDeniedException",
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${shown} ${why}`,
    );
  }

  /** Whether a key decrypts for this caller; the account's own default keys always do. */
  decrypts(caller: Caller, region: string, keyId: string | undefined): "yes" | "denied" | "disabled" | "missing" {
    if (keyId === undefined) return "yes";
    const key = this.region(region).keys.get(keyId.replace(/^.*:key\//, ""));
    if (key === undefined) return "missing";
    if (this.decide(caller, "kms:Decrypt", key.arn) !== "allowed") return "denied";
    return key.isEnabled ? "yes" : "disabled";
  }
}

export function contextOf(values: Readonly<Record<string, string | readonly string[]>>): RequestContext {
  return new Map(
    Object.entries(values).map(([key, value]) => [key.toLowerCase(), typeof value === "string" ? [value] : value]),
  );
}

import type { JsonObject } from "../../../core/go/json.ts";
import type { Namespace } from "../core/namespaces.ts";
import type { Acl } from "../policy/acl.ts";

/** A token as the store keeps it. Instants in milliseconds, durations in seconds. */
export type TokenEntry = {
  readonly id: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  /** Where it was made: `auth/token/create`, `auth/kubernetes/login`. */
  readonly path: string;
  readonly meta: Readonly<Record<string, string>> | null;
  readonly displayName: string;
  /** Uses left; 0 is unlimited, negative is used up. */
  usesLeft: number;
  parent: string | undefined;
  readonly issuedAt: number;
  readonly creationTtl: number;
  readonly explicitMaxTtl: number;
  readonly period: number;
  readonly maxTtl: number;
  /** Undefined: never. */
  expiresAt: number | undefined;
  lastRenewal: number | undefined;
  readonly renewable: boolean;
  readonly entityId: string;
  readonly type: "service" | "batch";
  readonly namespace: Namespace;
  readonly role: string | undefined;
  readonly boundCidrs: readonly string[];
  readonly children: Set<string>;
  readonly cubbyhole: Map<string, JsonObject>;
  readonly leases: Set<string>;
  /** Asks the auth method anew at renewal; undefined for the token store's own tokens. */
  readonly renew: (() => { readonly ttl: number; readonly maxTtl: number; readonly period: number }) | undefined;
  /** The compiled policies, and the state of the policies they were compiled from. */
  acl: { readonly stamp: string; readonly acl: Acl } | undefined;
};

import type { KubeObject } from "../../../../kube/types.ts";
import type { FieldError } from "../validation/field-error.ts";

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

export const ALL_VERBS: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

export type Subresource = {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** Kind of its body; the parent's own when left out. */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
};

/** A column of `kubectl get`. */
export type Column = {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 0 shows always, 1 with `-o wide`. */
  readonly priority?: number;
  readonly value: (object: KubeObject, now: number) => string | number | boolean | null;
};

/** A kind the server serves, built in or from a CustomResourceDefinition. One source of truth for all that is known of it. */
export type Kind = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  readonly isCustom?: boolean;
  /** Told of by discovery and always empty: what would make an object of it is refused with 501. */
  readonly isAnnounced?: boolean;
  /** The kind under whose key objects are stored, for groups that share a store (both Event groups). */
  readonly storedAs?: {
    readonly group: string;
    readonly plural: string;
    readonly read: (stored: KubeObject) => KubeObject;
    readonly write: (sent: KubeObject) => KubeObject;
  };
  /** Fields that a `fieldSelector` may name, besides metadata.name and metadata.namespace. */
  readonly selectable?: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Fills what the sender left out. Changes `object` in place; `warn` adds a note for the client. */
  readonly defaults?: (object: KubeObject, warn: (text: string) => void) => void;
  /** Says what is wrong; `old` is there for an update. */
  readonly validate?: (object: KubeObject, old: KubeObject | undefined) => FieldError[];
  /** Before validation of a write: drops fields this release does not have, keeps those only the server sets. */
  readonly prepare?: (object: KubeObject, old: KubeObject | undefined) => void;
  /** What is stored when it is marked for deletion: a definition waits there for its instances. */
  readonly beforeDeletion?: (object: KubeObject) => KubeObject;
  /** Notes for the client about what was sent; `old` is there for an update. */
  readonly warnings?: (object: KubeObject, old: KubeObject | undefined) => string[];
  /** Whether `metadata.generation` counts changes of everything outside metadata and status. */
  readonly hasGeneration?: boolean;
  /** It is counted from the first change on; a new object has none. */
  readonly startsWithoutGeneration?: boolean;
  /** A CustomResource's PUT must name the version it replaces. */
  readonly requiresResourceVersionOnUpdate?: boolean;
  readonly columns?: readonly Column[];
  /** Name rule: `subdomain` (default), `label`, or `path` (RBAC). */
  readonly names?: "subdomain" | "label" | "path";
  /** Where `scale` finds its numbers, when not in `spec.replicas`, `status.replicas` and `spec.selector`. */
  readonly scale?: {
    readonly specPath: readonly string[];
    readonly statusPath: readonly string[];
    readonly selectorPath?: readonly string[];
  };
  /** A PUT to a name that is not there creates it. */
  readonly createsOnUpdate?: boolean;
  /** Deprecation note, sent as a warning with every answer. */
  readonly deprecation?: string;
};

/** `apps/v1`, or `v1` */
export function apiVersionOf(kind: Pick<Kind, "group" | "version">): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** `deployments.apps`, or `pods`: as error texts name a resource. */
export function qualifiedPlural(kind: Pick<Kind, "group" | "plural">): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}

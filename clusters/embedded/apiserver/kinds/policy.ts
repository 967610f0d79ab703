import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, forbidden, invalid } from "../validation/field-error.ts";
import type { Kind } from "./kind.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Loose = Record<string, unknown>;

const status = [{ name: "status", verbs: ["get", "patch", "update"] }] as const satisfies Kind["subresources"];
const specOf = (object: KubeObject): Loose => (object["spec"] ?? {}) as Loose;

export const disruptionBudgetKind: Definition = {
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  shortNames: ["pdb"],
  hasGeneration: true,
  subresources: status,
  validate: (object) => {
    const { maxUnavailable, minAvailable } = specOf(object);
    if (minAvailable === undefined || maxUnavailable === undefined) return [];
    return [invalid("spec", specOf(object), "minAvailable and maxUnavailable cannot be both set")];
  },
};

export const quotaKind: Definition = {
  kind: "ResourceQuota",
  plural: "resourcequotas",
  shortNames: ["quota"],
  subresources: status,
  validate: (object) =>
    Object.entries((specOf(object)["hard"] ?? {}) as Record<string, unknown>)
      .filter(([, quantity]) => Number.parseFloat(String(quantity)) < 0)
      .map(([name, quantity]) => invalid(`spec.hard[${name}]`, String(quantity), "must be greater than or equal to 0")),
};

/** Above this only the system's own classes are (2 billion). */
const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const priorityClassKind: Definition = {
  kind: "PriorityClass",
  plural: "priorityclasses",
  namespaced: false,
  shortNames: ["pc"],
  hasGeneration: true,
  defaults: (object) => {
    object["preemptionPolicy"] ??= "PreemptLowerPriority";
  },
  validate: (object, old) => {
    const errors: FieldError[] = [];
    const name = object.metadata.name ?? "";
    if (name.startsWith("system-"))
      errors.push(
        forbidden("metadata.name", "priority class names with 'system-' prefix are reserved for system use only"),
      );
    else if (Number(object["value"]) > HIGHEST_USER_PRIORITY)
      errors.push(forbidden("value", `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
    if (old !== undefined)
      for (const [field, why] of [
        ["value", "may not be changed in an update."],
        ["preemptionPolicy", "field is immutable"],
      ] as const)
        if (object[field] !== old[field])
          errors.push(field === "value" ? forbidden(field, why) : invalid(field, object[field], why));
    return errors;
  },
};

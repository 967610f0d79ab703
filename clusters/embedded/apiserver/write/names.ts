import type { Random } from "../../../../core/index.ts";
import type { Kind } from "../kinds/kind.ts";
import { type FieldError, invalid, required } from "../validation/field-error.ts";
import {
  DNS_LABEL,
  keyErrors,
  LABEL_TEXT,
  LONGEST_NAME,
  labelValueFaults,
  SUBDOMAIN,
  SUBDOMAIN_TEXT,
} from "../validation/qualified-name.ts";

const SUFFIX = 5;

/** `web-` → `web-7xk2p`; the base is cut so that the name fits a label. */
export function generatedName(base: string, random: Random): string {
  return `${base.slice(0, LONGEST_NAME - SUFFIX)}${random.suffix(SUFFIX)}`;
}

/** What is wrong with an object's metadata (k8s.io/apimachinery, api/validation/objectmeta.go). */
export function metadataErrors(kind: Kind, metadata: Record<string, unknown>): FieldError[] {
  const errors: FieldError[] = [];
  const name = String(metadata["name"] ?? "");
  if (name === "") errors.push(required("metadata.name", "name or generateName is required"));
  else errors.push(...nameErrors(kind.names ?? "subdomain", name));
  for (const [key, value] of Object.entries((metadata["labels"] ?? {}) as Record<string, string>)) {
    errors.push(...keyErrors("metadata.labels", key));
    errors.push(...labelValueFaults(value).map((why) => invalid("metadata.labels", value, why)));
  }
  for (const key of Object.keys((metadata["annotations"] ?? {}) as object))
    errors.push(...keyErrors("metadata.annotations", key.toLowerCase()));
  errors.push(...finalizerErrors(kind, (metadata["finalizers"] ?? []) as string[]));
  for (const [index, owner] of ((metadata["ownerReferences"] ?? []) as Record<string, unknown>[]).entries())
    for (const field of ["apiVersion", "kind", "name", "uid"])
      if (!owner[field])
        errors.push(
          invalid(
            `metadata.ownerReferences[${index}].${field}`,
            owner[field] ?? "",
            `${field === "apiVersion" ? "version" : field} must not be empty`,
          ),
        );
  return errors;
}

function nameErrors(rule: NonNullable<Kind["names"]>, name: string): FieldError[] {
  if (rule === "path") {
    if (name === "." || name === "..") return [invalid("metadata.name", name, `may not be '${name}'`)];
    const sign = ["/", "%"].find((one) => name.includes(one));
    return sign === undefined ? [] : [invalid("metadata.name", name, `may not contain '${sign}'`)];
  }
  const isLabel = rule === "label";
  const longest = isLabel ? LONGEST_NAME : 253;
  const errors: FieldError[] = [];
  if (name.length > longest) errors.push(invalid("metadata.name", name, `must be no more than ${longest} bytes`));
  if (!(isLabel ? DNS_LABEL : SUBDOMAIN).test(name))
    errors.push(invalid("metadata.name", name, isLabel ? LABEL_TEXT : SUBDOMAIN_TEXT));
  return errors;
}

/** Finalizers of Kubernetes' own, which need no domain. */
const STANDARD_FINALIZERS = ["kubernetes", "orphan", "foregroundDeletion"];

function finalizerErrors(kind: Kind, finalizers: readonly string[]): FieldError[] {
  const field = "metadata.finalizers";
  const errors = finalizers.flatMap((one) => keyErrors(field, one));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion"))
    errors.push(invalid(field, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  if (kind.isCustom === true) return errors;
  for (const [index, one] of finalizers.entries())
    if (!one.includes("/") && !STANDARD_FINALIZERS.includes(one))
      errors.push(
        invalid(`${field}[${index}]`, one, "name is neither a standard finalizer name nor is it fully qualified"),
      );
  return errors;
}

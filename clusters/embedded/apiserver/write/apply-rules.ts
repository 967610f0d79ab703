import type { KubeObject } from "../../../../kube/types.ts";
import { applyDefaults } from "../crd/defaulting.ts";
import type { Loose } from "../crd/types.ts";
import { validateObject } from "../crd/validate.ts";
import type { AdmissionRequest } from "../pipeline.ts";
import { type FieldError, invalidObject } from "../validation/field-error.ts";
import { metadataErrors } from "./names.ts";
import type { Write } from "./write.ts";

/** Fills, in place, what the sender left out. Ownership is told after this and before {@link admit}. */
export function fillDefaults({ kind, request, schema }: Write, object: KubeObject): void {
  kind.defaults?.(object, (text) => void request.warnings.push(text));
  if (schema !== undefined) applyDefaults(object, schema);
}

/**
 * What every write goes through before it is stored, in a real server's order: admission, the kind's own preparation,
 * validation. Changes `object` in place.
 * @throws KubeStatusError 403 by admission, 422 with every cause
 */
export function admit(
  { server, schema }: Write,
  request: AdmissionRequest,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  const { kind } = request;
  for (const admission of server.extensions.admissions) admission.admit(request, object, old);
  kind.prepare?.(object, old);
  const errors: FieldError[] = [
    ...metadataErrors(kind, object.metadata as Loose),
    ...(kind.validate?.(object, old) ?? []),
    ...(schema === undefined ? [] : validateObject(object as Loose, schema)),
  ];
  if (errors.length > 0)
    throw invalidObject({ group: kind.group, kind: kind.kind, name: object.metadata.name ?? "" }, errors);
  request.warnings.push(...(kind.warnings?.(object) ?? []));
}

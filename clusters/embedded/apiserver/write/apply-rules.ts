import type { KubeObject } from "../../../../kube/types.ts";
import { applyDefaults } from "../crd/defaulting.ts";
import type { Loose, Schema } from "../crd/types.ts";
import { validateObject } from "../crd/validate.ts";
import type { Kind } from "../kinds/kind.ts";
import type { AdmissionRequest } from "../pipeline.ts";
import type { ServerContext } from "../server-context.ts";
import { type FieldError, invalidObject } from "../validation/field-error.ts";
import { metadataErrors } from "./names.ts";

/** The schema of a CustomResource's version; undefined for built-ins, whose rules are code. */
export type SchemaOf = (kind: Kind) => Schema | undefined;

/**
 * What every write goes through before it is stored, in a real server's order: defaults, the kind's own
 * preparation, admission, validation. Changes `object` in place.
 * @throws KubeStatusError 403 by admission, 422 with every cause
 */
export function applyRules(
  server: ServerContext,
  schema: Schema | undefined,
  request: AdmissionRequest,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  const { kind } = request;
  kind.defaults?.(object, (text) => void request.warnings.push(text));
  if (schema !== undefined) applyDefaults(object, schema);
  kind.prepare?.(object, old);
  for (const admission of server.extensions.admissions) admission.admit(request, object, old);
  const errors: FieldError[] = [
    ...metadataErrors(kind, object.metadata as Loose),
    ...(kind.validate?.(object, old) ?? []),
    ...(schema === undefined ? [] : validateObject(object as Loose, schema)),
  ];
  if (errors.length > 0)
    throw invalidObject({ group: kind.group, kind: kind.kind, name: object.metadata.name ?? "" }, errors);
  request.warnings.push(...(kind.warnings?.(object) ?? []));
}

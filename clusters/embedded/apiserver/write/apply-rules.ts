import type { KubeObject } from "../../../../kube/types.ts";
import { applyDefaults } from "../crd/defaulting.ts";
import type { Definition, Loose } from "../crd/types.ts";
import { validateObject } from "../crd/validate.ts";
import type { Kind } from "../kinds/kind.ts";
import { goTypeOf } from "../patch/element-order.ts";
import { goText } from "../patch/go-text.ts";
import { isMap, type Json, ownField } from "../patch/merge.ts";
import type { AdmissionRequest } from "../pipeline.ts";
import { type FieldError, invalid, invalidObject } from "../validation/field-error.ts";
import { metadataErrors } from "./names.ts";
import { isDefinitionKind, type Write } from "./write.ts";

/** Fills, in place, what the sender left out. Ownership is told after this and before {@link admit}. */
export function fillDefaults({ kind, request, schema }: Write, object: KubeObject): void {
  kind.defaults?.(object, (text) => void request.warnings.push(text));
  if (schema !== undefined) applyDefaults(object, schema);
}

/** The replicas of a CustomResource's scale must be found where its definition says (registry/customresource). */
function scaleErrors({ isCustom, scale }: Kind, object: KubeObject): FieldError[] {
  if (isCustom !== true || scale === undefined) return [];
  const path = `.${scale.specPath.join(".")}`;
  let at = object as unknown as Json | undefined;
  for (const [index, name] of scale.specPath.entries()) {
    if (at === undefined || at === null) return [];
    if (!isMap(at)) {
      const until = scale.specPath.slice(0, index + 1).join(".");
      const why = `accessor error: ${goText(at)} is of the type ${goTypeOf(at)}, expected map[string]interface{}`;
      return [invalid(path, 0, `.${until} ${why}`)];
    }
    at = ownField(at, name);
  }
  if (typeof at === "number" && at < 0) return [invalid(path, at, "should be a non-negative integer")];
  return [];
}

/**
 * What every write goes through before it is stored, in a real server's order: admission, the kind's own preparation,
 * validation. Changes `object` in place.
 * @throws KubeStatusError 403 by admission, 422 with every cause
 */
export function admit(
  { expressions, server, schema }: Write,
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
    ...(schema === undefined ? [] : validateObject(object as Loose, schema, old as Loose | undefined)),
    ...scaleErrors(kind, object),
  ];
  if (expressions !== undefined && isDefinitionKind(kind) && errors.length === 0)
    errors.push(...expressions.definitionRuleErrors(object as Definition));
  if (expressions !== undefined && schema !== undefined)
    errors.push(...expressions.ruleErrors(object as Loose, old as Loose | undefined, schema, errors));
  if (errors.length > 0)
    throw invalidObject(
      { group: (kind.storedAs ?? kind).group, kind: kind.kind, name: object.metadata.name ?? "" },
      errors,
    );
  if (request.subresource === "") request.warnings.push(...(kind.warnings?.(object, old) ?? []));
}

import { definitionSchemas, schemasBelow } from "../crd/definition-schemas.ts";
import type { Definition, Schema } from "../crd/types.ts";
import { type FieldError, invalid, notSupported, required } from "../validation/field-error.ts";
import { compileRule, type Rule, rulesOf } from "./rule.ts";
import { isEmbedded } from "./schema-types.ts";

const REASONS = ["FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired", "FieldValueDuplicate"];

/**
 * What is wrong with the rules of a definition, each named by its place in the schema
 * (apiextensions-apiserver, apis/apiextensions/validation).
 */
export function definitionRuleErrors(definition: Definition): FieldError[] {
  const errors: FieldError[] = [];
  for (const { path, schema } of definitionSchemas(definition)) visit(schema, path, true, undefined, errors);
  return errors;
}

/** @param uncorrelated the list whose items can't be found again in the old object, if we are below one */
function visit(
  schema: Schema,
  path: string,
  isResource: boolean,
  uncorrelated: string | undefined,
  errors: FieldError[],
): void {
  for (const [index, rule] of rulesOf(schema).entries())
    ruleErrors(rule, schema, `${path}.x-kubernetes-validations[${index}]`, isResource, uncorrelated, errors);
  for (const { schema: inner, step } of schemasBelow(schema)) {
    const isLost =
      (step === ".items" && schema["x-kubernetes-list-type"] !== "map") ||
      (schema.type === "object" && schema["x-kubernetes-map-type"] === "atomic");
    visit(inner, path + step, isEmbedded(inner), uncorrelated ?? (isLost ? path : undefined), errors);
  }
}

function ruleErrors(
  rule: Rule,
  schema: Schema,
  path: string,
  isResource: boolean,
  uncorrelated: string | undefined,
  errors: FieldError[],
): void {
  const { message = "", reason } = rule;
  if ((rule.rule ?? "").trim() === "") {
    errors.push(required(`${path}.rule`, "rule is not specified"));
    return;
  }
  if (message !== "" && message.trim() === "")
    errors.push(invalid(`${path}.message`, message, "message must be non-empty if specified"));
  else if (/[\n\r]/.test(message))
    errors.push(invalid(`${path}.message`, message, "message must not contain line breaks"));
  else if (message === "" && /[\n\r]/.test(rule.rule.trim()))
    errors.push(required(`${path}.message`, "message must be specified if rule contains line breaks"));
  if (reason !== undefined && !REASONS.includes(reason))
    errors.push(notSupported(`${path}.reason`, reason, REASONS.toSorted()));
  const compiled = compileRule(rule, schema, isResource);
  if ("program" in compiled) {
    if (compiled.usesOldSelf && uncorrelated !== undefined)
      errors.push(
        invalid(
          `${path}.rule`,
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
        ),
      );
    if (rule.optionalOldSelf !== undefined && !compiled.usesOldSelf)
      errors.push(
        invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, "may not be set if oldSelf is not used in rule"),
      );
    return;
  }
  for (const { detail, part } of compiled)
    errors.push(invalid(`${path}.${part}`, part === "fieldPath" ? rule.fieldPath : inGo(rule), detail));
}

/** The rule as a real server shows it: its internal struct. */
function inGo(rule: Rule): object {
  return {
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

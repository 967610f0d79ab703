import { isObject, itemsOf, type Loose, type Schema } from "../crd/types.ts";
import { counterpart, same } from "../crd/validate.ts";
import { duplicate, type FieldError, forbidden, invalid, required } from "../validation/field-error.ts";
import type { Budget } from "./program.ts";
import { type CompiledRule, compileRule, failureOf, rulesOf } from "./rule.ts";
import { celValueOf, isEmbedded } from "./schema-types.ts";

export { definitionRuleErrors } from "./definition-errors.ts";

/** Steps of evaluation for all rules of one object: a rule that would take for ever is ended. */
const MAX_STEPS = 1_000_000;

/** A schema with rules, or one above such a schema. */
type RuleNode = {
  readonly schema: Schema;
  readonly isResource: boolean;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly items: RuleNode | undefined;
  readonly values: RuleNode | undefined;
};

/** A schema stays what it is; its rules are compiled once. */
const compiled = new WeakMap<Schema, { readonly root: RuleNode | undefined }>();

function rootOf(schema: Schema): RuleNode | undefined {
  const known = compiled.get(schema) ?? { root: nodeOf(schema, true) };
  compiled.set(schema, known);
  return known.root;
}

function nodeOf(schema: Schema, isResource: boolean): RuleNode | undefined {
  const rules = rulesOf(schema).flatMap((rule) => {
    const one = compileRule(rule, schema, isResource);
    // What does not compile was refused with its definition.
    return "program" in one ? [one] : [];
  });
  const properties = new Map<string, RuleNode>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const node = nodeOf(property, isEmbedded(property));
    if (node !== undefined) properties.set(name, node);
  }
  const below = (inner: Schema | undefined): RuleNode | undefined =>
    inner === undefined ? undefined : nodeOf(inner, isEmbedded(inner));
  const items = below(itemsOf(schema));
  const values = below(isObject(schema.additionalProperties) ? (schema.additionalProperties as Schema) : undefined);
  if (rules.length === 0 && properties.size === 0 && items === undefined && values === undefined) return undefined;
  return { schema, isResource, rules, properties, items, values };
}

/** Faults after which rules would be asked about values that are not of their types. */
const BLOCKING = new Set<FieldError["type"]>(["notSupported", "required", "tooLong", "tooMany", "typeInvalid"]);

/**
 * What the rules of a schema say against an object, in the words of a real server
 * (apiextensions-apiserver, schema/cel/validation.go).
 * @param old the object before; undefined at its creation, when rules about changes are not asked
 * @param found what is wrong with the object already
 */
export function ruleErrors(
  object: Loose,
  old: Loose | undefined,
  schema: Schema,
  found: readonly FieldError[],
): FieldError[] {
  const root = rootOf(schema);
  if (root === undefined) return [];
  if (found.some(({ type }) => BLOCKING.has(type)))
    return [
      invalid(
        "<nil>",
        null,
        "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
      ),
    ];
  const errors: FieldError[] = [];
  visit(root, object, old, "", { left: MAX_STEPS }, errors);
  return errors;
}

function visit(
  node: RuleNode,
  value: unknown,
  old: unknown,
  path: string,
  budget: Budget,
  errors: FieldError[],
): boolean {
  if (value === null && node.schema.nullable === true) return true;
  for (const rule of node.rules) if (!ask(rule, node, value, old, path, budget, errors)) return false;
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return true;
    return value.every((item, index) =>
      visit(items, item, counterpart(item, old, node.schema), `${path}[${index}]`, budget, errors),
    );
  }
  if (!isObject(value)) return true;
  const before = isObject(old) && node.schema["x-kubernetes-map-type"] !== "atomic" ? old : {};
  return Object.entries(value).every(([name, inner]) => {
    const property = node.properties.get(name);
    const below = property ?? node.values;
    if (below === undefined) return true;
    const at = property === undefined ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    return visit(below, inner, Object.hasOwn(before, name) ? before[name] : undefined, at, budget, errors);
  });
}

/** @returns false when no further rules may be asked */
function ask(
  compiledRule: CompiledRule,
  { isResource, schema }: RuleNode,
  value: unknown,
  old: unknown,
  path: string,
  budget: Budget,
  errors: FieldError[],
): boolean {
  const { fieldPath, rule, usesOldSelf } = compiledRule;
  if (usesOldSelf && old === undefined && rule.optionalOldSelf !== true) return true;
  // What an update leaves as it was may stay, even where a rule came later.
  if (!usesOldSelf && old !== undefined && same(old, value)) return true;
  const before = old === undefined ? undefined : celValueOf(old, schema, isResource);
  const failure = failureOf(compiledRule, celValueOf(value, schema, isResource), before, budget);
  if (failure === undefined) return true;
  const joined =
    fieldPath === "" || fieldPath.startsWith("[") ? path + fieldPath : path === "" ? fieldPath : `${path}.${fieldPath}`;
  errors.push(refusal(rule.reason, joined === "" ? "<nil>" : joined, schema.type ?? "", failure.detail));
  return failure.isOver !== true;
}

function refusal(reason: string | undefined, field: string, type: string, detail: string): FieldError {
  switch (reason) {
    case "FieldValueForbidden":
      return forbidden(field, detail);
    case "FieldValueRequired":
      return required(field, detail);
    case "FieldValueDuplicate":
      return duplicate(field, type);
    default:
      return invalid(field, type, detail);
  }
}

import { isObject, type Schema } from "../crd/types.ts";
import { compile, type Program } from "./compile.ts";
import { type Budget, OverBudget } from "./program.ts";
import { celTypeOf } from "./schema-types.ts";
import { type CelType, DYN, typeText } from "./types.ts";
import { CelFailure, type CelValue, Optional } from "./values.ts";

/** apiextensions.k8s.io/v1 ValidationRule. */
export type Rule = {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
};

export type CompiledRule = {
  readonly rule: Rule;
  readonly program: Program;
  readonly message: Program | undefined;
  readonly usesOldSelf: boolean;
  /** Below the place of the rule; empty for the place itself. */
  readonly fieldPath: string;
};

/** What a rule, and its message, could not be compiled for. */
export type RuleFault = { readonly part: "rule" | "messageExpression" | "fieldPath"; readonly detail: string };

export function rulesOf(schema: Schema): readonly Rule[] {
  const rules = schema["x-kubernetes-validations"];
  return Array.isArray(rules) ? (rules as Rule[]) : [];
}

/** Compiles a rule for the values of its schema (apiextensions-apiserver, schema/cel/compilation.go). */
export function compileRule(rule: Rule, schema: Schema, isResource: boolean): CompiledRule | RuleFault[] {
  const self = celTypeOf(schema, isResource) ?? DYN;
  const old: CelType = rule.optionalOldSelf === true ? { name: "optional", item: self } : self;
  const variables = [
    ["self", self],
    ["oldSelf", old],
  ] as const;
  const faults: RuleFault[] = [];
  const program = compile(rule.rule, variables);
  if (typeof program === "string") faults.push({ part: "rule", detail: `compilation failed: ${program}` });
  else if (program.type.name !== "bool" && program.type.name !== "dyn")
    faults.push({ part: "rule", detail: "cel expression must evaluate to a bool" });
  const message = rule.messageExpression ? compile(rule.messageExpression, variables) : undefined;
  if (typeof message === "string")
    faults.push({ part: "messageExpression", detail: `messageExpression compilation failed: ${message}` });
  else if (message !== undefined && typeText(message.type) !== "string")
    faults.push({ part: "messageExpression", detail: "messageExpression must evaluate to a string" });
  const fieldPath = rule.fieldPath ? resolvedPath(rule.fieldPath, schema) : "";
  if (fieldPath === undefined) faults.push({ part: "fieldPath", detail: "must be a valid path" });
  if (faults.length > 0 || typeof program === "string" || typeof message === "string" || fieldPath === undefined)
    return faults;
  const usesOldSelf = program.used.has("oldSelf") || message?.used.has("oldSelf") === true;
  return { rule, program, message, usesOldSelf, fieldPath };
}

/** `.spec['a-b'].c` → `spec.a-b.c`, a key of a map in brackets; undefined where the schema has no such field. */
function resolvedPath(path: string, schema: Schema): string | undefined {
  let at: Schema | undefined = schema;
  let shown = "";
  let rest = path;
  while (rest !== "") {
    const match: RegExpExecArray | null = /^(?:\.([^.[\]']+)|\['([^']+)'\])/.exec(rest);
    const name = match?.[1] ?? match?.[2];
    if (match === null || name === undefined || at === undefined) return undefined;
    rest = rest.slice(match[0].length);
    const properties: Readonly<Record<string, Schema>> = at.properties ?? {};
    if (Object.hasOwn(properties, name)) {
      at = properties[name];
      shown += shown === "" ? name : `.${name}`;
    } else if (isObject(at.additionalProperties)) {
      at = at.additionalProperties as Schema;
      shown += `[${name}]`;
    } else return undefined;
  }
  return shown;
}

/** What came of a rule: the text of its failure, undefined where it holds. */
export type Failure = { readonly detail: string; readonly isOver?: boolean };

/** @param old undefined where there was no value before */
export function failureOf(
  compiled: CompiledRule,
  self: CelValue,
  old: CelValue | undefined,
  budget: Budget,
): Failure | undefined {
  const { message, program, rule } = compiled;
  const values = [self, rule.optionalOldSelf === true ? new Optional(old) : (old ?? null)];
  const shown = (rule.message ?? "").trim() || rule.rule.trim();
  try {
    if (program.evaluate(values, budget) === true) return undefined;
  } catch (error) {
    if (error instanceof OverBudget)
      return {
        detail: `'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`,
        isOver: true,
      };
    if (!(error instanceof CelFailure)) throw error;
    return {
      detail: error.message.startsWith("no such overload")
        ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
        : `${error.message} evaluating rule: ${shown}`,
    };
  }
  const own = message === undefined ? undefined : messageFrom(message, values, budget);
  return { detail: own ?? ((rule.message ?? "").trim() || `failed rule: ${rule.rule.trim()}`) };
}

/** What a message expression says; undefined where it says nothing that can be shown in one line. */
function messageFrom(message: Program, values: readonly CelValue[], budget: Budget): string | undefined {
  try {
    const text = message.evaluate(values, budget);
    return typeof text === "string" && text.trim() !== "" && !text.includes("\n") ? text.trim() : undefined;
  } catch (error) {
    if (error instanceof CelFailure || error instanceof OverBudget) return undefined;
    throw error;
  }
}

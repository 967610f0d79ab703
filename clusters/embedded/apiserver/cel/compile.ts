import { accepts, isFunction, type Overload, overloadsNamed } from "./functions/index.ts";
import { compileMacro } from "./macros.ts";
import { parse } from "./parse.ts";
import { type Budget, type Compiled, type Compiler, type Frame, OverBudget, type Scope, truth } from "./program.ts";
import { describeIssues, type Issue, type Node, SyntaxIssue } from "./syntax.ts";
import { type Bindings, BOOL, bound, type CelType, DYN, fits, joined, typeText } from "./types.ts";
import { CelFailure, type CelValue, isEqual, Optional, TypeValue } from "./values.ts";

const TYPES = new Set(["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"]);

export type Program = {
  readonly type: CelType;
  /** Variables that the expression reads. */
  readonly used: ReadonlySet<string>;
  /** @throws CelFailure where it has no value, OverBudget when it takes too long */
  evaluate(values: readonly CelValue[], budget: Budget): CelValue;
};

/**
 * Reads and checks an expression, with the errors of cel-go.
 * @param variables in the order in which their values are given
 * @returns the program, or what is wrong as one text
 */
export function compile(
  source: string,
  variables: readonly (readonly [name: string, type: CelType])[],
): Program | string {
  const issues: Issue[] = [];
  const used = new Set<string>();
  const compiler: Compiler = {
    issues,
    used,
    compile: (node, scope) => metered(compileNode(compiler, node, scope)),
    fail: ({ at }, text) => {
      issues.push({ at, text });
      return { type: DYN, run: () => null };
    },
  };
  try {
    const scope = variables.map(([name, type], slot) => ({ name, type, slot }));
    const { type, run } = compiler.compile(parse(source), scope);
    if (issues.length > 0) return describeIssues(source, issues);
    return { type, used, evaluate: (values, budget) => run({ slots: [...values], budget }) };
  } catch (error) {
    if (!(error instanceof SyntaxIssue)) throw error;
    return error.issue.at < 0 ? `ERROR: :0:0: ${error.issue.text}` : describeIssues(source, [error.issue]);
  }
}

function metered({ type, run }: Compiled): Compiled {
  return {
    type,
    run: (frame) => {
      if (--frame.budget.left < 0) throw new OverBudget();
      return run(frame);
    },
  };
}

function compileNode(compiler: Compiler, node: Node, scope: Scope): Compiled {
  switch (node.kind) {
    case "const": {
      const { type, value } = node;
      return { type, run: () => value };
    }
    case "ident":
      return compileName(compiler, node, scope);
    case "select":
      return compileSelect(compiler, node, scope);
    case "has": {
      const operand = compiler.compile(node.operand, scope);
      const { field } = node;
      if (fieldType(operand.type, field) === undefined) return wrongField(compiler, node, operand.type, field);
      return { type: BOOL, run: (frame) => hasField(operand.run(frame), field) };
    }
    case "list": {
      const items = node.items.map((item) => compiler.compile(item, scope));
      return {
        type: { name: "list", item: joined(items.map(({ type }) => type)) },
        run: (frame) => items.map(({ run }) => run(frame)),
      };
    }
    case "map": {
      const entries = node.entries.map(
        ([key, value]) => [compiler.compile(key, scope), compiler.compile(value, scope)] as const,
      );
      return {
        type: {
          name: "map",
          key: joined(entries.map(([{ type }]) => type)),
          value: joined(entries.map(([, { type }]) => type)),
        },
        run: (frame) => new Map(entries.map(([key, value]) => [key.run(frame), value.run(frame)])),
      };
    }
    case "macro":
      return compileMacro(compiler, node, scope);
    case "call":
      return compileCall(compiler, node, scope);
  }
}

type Of<Kind extends Node["kind"]> = Extract<Node, { kind: Kind }>;

function compileName(compiler: Compiler, node: Of<"ident">, scope: Scope): Compiled {
  const found = scope.findLast(({ name }) => name === node.name);
  if (found !== undefined) {
    const { slot, type } = found;
    compiler.used.add(node.name);
    return { type, run: ({ slots }) => slots[slot] as CelValue };
  }
  if (!TYPES.has(node.name)) return compiler.fail(node, `undeclared reference to '${node.name}' (in container '')`);
  const value = new TypeValue(node.name);
  return { type: { name: "type" }, run: () => value };
}

/** The type of a field; undefined where there is none. */
function fieldType(type: CelType, field: string): CelType | undefined {
  switch (type.name) {
    case "dyn":
      return DYN;
    case "object":
      return type.fields.get(field);
    case "map":
      return type.value;
    case "optional":
      return fieldType(type.item, field);
    default:
      return undefined;
  }
}

function wrongField(compiler: Compiler, node: Node, type: CelType, field: string): Compiled {
  return compiler.fail(
    node,
    type.name === "object" || type.name === "optional"
      ? `undefined field '${field}'`
      : `type '${typeText(type)}' does not support field selection`,
  );
}

function compileSelect(compiler: Compiler, node: Of<"select">, scope: Scope): Compiled {
  const operand = compiler.compile(node.operand, scope);
  const { field, isOptional } = node;
  const type = fieldType(operand.type, field);
  if (type === undefined) return wrongField(compiler, node, operand.type, field);
  if (isOptional || operand.type.name === "optional")
    return {
      type: { name: "optional", item: type },
      run: (frame) => {
        const value = operand.run(frame);
        const inner = value instanceof Optional ? value.value : value;
        return new Optional(inner instanceof Map ? inner.get(field) : undefined);
      },
    };
  return {
    type,
    run: (frame) => {
      const value = operand.run(frame);
      if (!(value instanceof Map)) throw new CelFailure("no such overload");
      const found = value.get(field);
      if (found === undefined) throw new CelFailure(`no such key: ${field}`);
      return found;
    },
  };
}

function hasField(value: CelValue, field: string): boolean {
  const inner = value instanceof Optional ? value.value : value;
  if (inner === undefined) return false;
  if (!(inner instanceof Map)) throw new CelFailure("no such overload");
  return inner.has(field);
}

/** `optional.of`, `sets.contains`: a method by its look, a function in a namespace by its name. */
function qualified(node: Of<"call">): string | undefined {
  if (node.target?.kind !== "ident") return undefined;
  const name = `${node.target.name}.${node.name}`;
  return isFunction(name) ? name : undefined;
}

function compileCall(compiler: Compiler, node: Of<"call">, scope: Scope): Compiled {
  const inNamespace = qualified(node);
  const isMethod = node.target !== undefined && inNamespace === undefined;
  const operands = [...(isMethod && node.target !== undefined ? [node.target] : []), ...node.args].map((one) =>
    compiler.compile(one, scope),
  );
  const types = operands.map(({ type }) => type);
  const name = inNamespace ?? node.name;
  const special = compileOperator(name, operands);
  if (special !== undefined) return special;
  if (!SPECIAL.has(name) && !isFunction(name))
    return compiler.fail(node, `undeclared reference to '${name}' (in container '')`);
  const overloads = overloadsNamed(name, isMethod, operands.length);
  const results = overloads.flatMap((one) => resultOf(one, types) ?? []);
  if (results.length === 0) {
    const [target, ...rest] = types.map(typeText);
    const applied = isMethod ? `${target}.(${rest.join(", ")})` : `(${types.map(typeText).join(", ")})`;
    return compiler.fail(node, `found no matching overload for '${name}' applied to '${applied}'`);
  }
  return {
    type: joined(results),
    run: (frame) =>
      dispatch(
        overloads,
        operands.map(({ run }) => run(frame)),
      ),
  };
}

function resultOf({ parameters, result }: Overload, types: readonly CelType[]): CelType | undefined {
  const bindings: Bindings = new Map();
  const isFit = parameters.every((parameter, at) => fits(parameter, types[at] ?? DYN, bindings));
  return isFit ? bound(result, bindings) : undefined;
}

function dispatch(overloads: readonly Overload[], values: readonly CelValue[]): CelValue {
  const overload = overloads.find(({ parameters }) =>
    parameters.every((type, at) => accepts(type, values[at] as CelValue)),
  );
  if (overload === undefined) throw new CelFailure("no such overload");
  return overload.call(...(values as never[]));
}

const SPECIAL = new Set(["_&&_", "_||_", "_?_:_", "_[?_]"]);

/** Operators that do not evaluate all they are given; undefined for any other, and for operands of a wrong type. */
function compileOperator(name: string, operands: readonly Compiled[]): Compiled | undefined {
  const [first, second, third] = operands;
  if (first === undefined || second === undefined) return undefined;
  const isBool = ({ type }: Compiled): boolean => type.name === "bool" || type.name === "dyn";
  if ((name === "_&&_" || name === "_||_") && isBool(first) && isBool(second))
    return { type: BOOL, run: (frame) => either(first, second, frame, name === "_||_") };
  if (name === "_?_:_" && third !== undefined && isBool(first)) {
    if (!fits(second.type, third.type, new Map()) && third.type.name !== "dyn") return undefined;
    return {
      type: joined([second.type, third.type]),
      run: (frame) => (truth(first.run(frame)) ? second : third).run(frame),
    };
  }
  if (name === "_[?_]")
    return {
      type: {
        name: "optional",
        item: first.type.name === "map" ? first.type.value : first.type.name === "list" ? first.type.item : DYN,
      },
      run: (frame) => new Optional(indexed(first.run(frame), second.run(frame))),
    };
  return undefined;
}

function indexed(value: CelValue, index: CelValue): CelValue | undefined {
  const inner = value instanceof Optional ? value.value : value;
  if (Array.isArray(inner)) return inner[Number(index)];
  return inner instanceof Map ? [...inner].find(([key]) => isEqual(key as CelValue, index))?.[1] : undefined;
}

/** `decisive` on either side decides, even when the other side fails. */
function either(first: Compiled, second: Compiled, frame: Frame, decisive: boolean): boolean {
  let failure: unknown;
  try {
    if (truth(first.run(frame)) === decisive) return decisive;
  } catch (error) {
    if (!(error instanceof CelFailure)) throw error;
    failure = error;
  }
  const value = truth(second.run(frame));
  if (value === decisive || failure === undefined) return value;
  throw failure;
}

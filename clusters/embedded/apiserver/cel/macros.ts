import { type Compiled, type Compiler, type Frame, type Scope, truth } from "./program.ts";
import type { Node } from "./syntax.ts";
import { BOOL, type CelType, DYN, INT, typeText } from "./types.ts";
import { CelFailure, type CelValue, Optional } from "./values.ts";

type Macro = Extract<Node, { kind: "macro" }>;
/** Sets the variables of a macro and evaluates one of its bodies. */
type Step = (frame: Frame, values: readonly CelValue[]) => CelValue;

/** Compiles `list.all(x, …)` and its kin: over a list its items, over a map its keys, with two variables both. */
export function compileMacro(compiler: Compiler, node: Macro, scope: Scope): Compiled {
  const range = compiler.compile(node.range, scope);
  const types = variableTypes(range.type, node.variables.length, node.name.startsWith("opt"));
  if (types === undefined)
    return compiler.fail(
      node.range,
      `expression of type '${typeText(range.type)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
    );
  const first = scope.length;
  const inner: Scope = [
    ...scope,
    ...node.variables.map((name, at) => ({ name, type: types[at] ?? DYN, slot: first + at })),
  ];
  const bodies = node.bodies.map((body) => compiler.compile(body, inner));
  const last = bodies.at(-1) as Compiled;
  const isCondition = CONDITIONS.has(node.name) || bodies.length > 1;
  const [condition] = bodies;
  if (isCondition && condition !== undefined && condition.type.name !== "bool" && condition.type.name !== "dyn")
    return compiler.fail(node.bodies[0] as Node, `expected type 'bool' but found '${typeText(condition.type)}'`);
  const steps = bodies.map(
    ({ run }): Step =>
      (frame, values) => {
        for (const [at, value] of values.entries()) frame.slots[first + at] = value;
        return run(frame);
      },
  );
  const rows = (frame: Frame): readonly (readonly CelValue[])[] => rowsOf(range.run(frame), node.variables.length);
  return finish(node.name, { steps, rows, types, body: last.type, range });
}

const CONDITIONS = new Set(["all", "exists", "exists_one", "existsOne", "filter"]);

function variableTypes(range: CelType, count: number, isOptional: boolean): readonly CelType[] | undefined {
  if (range.name === "dyn") return [DYN, DYN];
  if (isOptional) return range.name === "optional" ? [range.item] : undefined;
  if (range.name === "list") return count === 2 ? [INT, range.item] : [range.item];
  if (range.name === "map") return [range.key, range.value];
  return undefined;
}

function rowsOf(value: CelValue, count: number): readonly (readonly CelValue[])[] {
  if (Array.isArray(value)) return value.map((item: CelValue, at) => (count === 2 ? [BigInt(at), item] : [item]));
  if (value instanceof Map) return [...value].map(([key, one]) => (count === 2 ? [key, one] : [key]));
  throw new CelFailure("no such overload");
}

type Parts = {
  readonly steps: readonly Step[];
  readonly rows: (frame: Frame) => readonly (readonly CelValue[])[];
  readonly types: readonly CelType[];
  readonly body: CelType;
  readonly range: Compiled;
};

function finish(name: string, { body, range, rows, steps, types }: Parts): Compiled {
  const [step, then] = steps as [Step, Step | undefined];
  const holds = (frame: Frame, values: readonly CelValue[]): boolean => truth(step(frame, values));
  const optional = (frame: Frame, make: (value: CelValue) => CelValue): CelValue => {
    const value = range.run(frame);
    if (!(value instanceof Optional)) throw new CelFailure("no such overload");
    return value.value === undefined ? value : make(value.value);
  };
  switch (name) {
    case "all":
      return { type: BOOL, run: (frame) => !anyIs(rows(frame), (row) => holds(frame, row), false) };
    case "exists":
      return { type: BOOL, run: (frame) => anyIs(rows(frame), (row) => holds(frame, row), true) };
    case "exists_one":
    case "existsOne":
      return { type: BOOL, run: (frame) => rows(frame).filter((row) => holds(frame, row)).length === 1 };
    case "filter":
      return {
        type: { name: "list", item: types[0] ?? DYN },
        run: (frame) =>
          rows(frame)
            .filter((row) => holds(frame, row))
            .map(([item]) => item as CelValue),
      };
    case "map":
    case "transformList":
      return {
        type: { name: "list", item: body },
        run: (frame) => chosen(frame, rows(frame), steps).map((row) => (then ?? step)(frame, row)),
      };
    case "transformMap":
      return {
        type: { name: "map", key: types[0] ?? DYN, value: body },
        run: (frame) =>
          new Map(chosen(frame, rows(frame), steps).map((row) => [row[0] as CelValue, (then ?? step)(frame, row)])),
      };
    case "optMap":
      return {
        type: { name: "optional", item: body },
        run: (frame) => optional(frame, (value) => new Optional(step(frame, [value]))),
      };
    default:
      return { type: body, run: (frame) => optional(frame, (value) => step(frame, [value])) };
  }
}

/** With two bodies the first one chooses. */
function chosen(
  frame: Frame,
  rows: readonly (readonly CelValue[])[],
  [condition, transform]: readonly Step[],
): readonly (readonly CelValue[])[] {
  if (condition === undefined || transform === undefined) return rows;
  return rows.filter((row) => truth(condition(frame, row)));
}

/** Whether one row gives `wanted`; a failure counts only when no row does. */
function anyIs(
  rows: readonly (readonly CelValue[])[],
  holds: (row: readonly CelValue[]) => boolean,
  wanted: boolean,
): boolean {
  let failure: unknown;
  for (const row of rows)
    try {
      if (holds(row) === wanted) return true;
    } catch (error) {
      if (!(error instanceof CelFailure)) throw error;
      failure ??= error;
    }
  if (failure !== undefined) throw failure;
  return false;
}

import { parseDuration } from "../../../core/go/duration.ts";
import { CelError, type Expression } from "./parse.ts";

/** What names stand for: plain data. */
export type CelScope = Readonly<Record<string, unknown>>;

/** An instant, in milliseconds since the epoch. */
export class Timestamp {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** @throws CelError for what has no value: a missing key, operands that do not fit */
export function evaluateCel(expression: Expression, scope: CelScope): unknown {
  const value = (one: Expression): unknown => evaluateCel(one, scope);
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "list":
      return expression.items.map(value);
    case "name":
      return member(scope, expression.name);
    case "member":
      return member(value(expression.of), expression.name);
    case "index":
      return member(value(expression.of), value(expression.at));
    case "call":
      return call(expression, scope);
    case "unary": {
      const operand = value(expression.of);
      return expression.operator === "!" ? !truth(operand) : -number(operand);
    }
    case "binary":
      return binary(expression, scope);
    case "choice":
      return truth(value(expression.test)) ? value(expression.then) : value(expression.otherwise);
  }
}

function binary({ operator, left, right }: Extract<Expression, { kind: "binary" }>, scope: CelScope): unknown {
  if (operator === "&&") return logical(left, right, scope, false);
  if (operator === "||") return logical(left, right, scope, true);
  const [a, b] = [evaluateCel(left, scope), evaluateCel(right, scope)];
  switch (operator) {
    case "==":
      return same(a, b);
    case "!=":
      return !same(a, b);
    case "in":
      if (Array.isArray(b)) return b.some((one) => same(one, a));
      if (typeof b === "object" && b !== null) return Object.hasOwn(b, String(a));
      throw new CelError("no such overload");
    case "+":
      if (typeof a === "string" && typeof b === "string") return a + b;
      return number(a) + number(b);
    case "-":
      return number(a) - number(b);
    case "*":
      return number(a) * number(b);
    case "/":
      return number(a) / number(b);
    case "%":
      return number(a) % number(b);
    default:
      return ordered(operator, comparable(a), comparable(b));
  }
}

/** One side that settles it absolves the other of having no value (CEL, "Logical operators"). */
function logical(left: Expression, right: Expression, scope: CelScope, settles: boolean): boolean {
  let problem: unknown;
  for (const side of [left, right])
    try {
      if (truth(evaluateCel(side, scope)) === settles) return settles;
    } catch (error) {
      problem ??= error;
    }
  if (problem !== undefined) throw problem;
  return !settles;
}

function ordered(operator: string, a: number | string, b: number | string): boolean {
  if (typeof a !== typeof b) throw new CelError("no such overload");
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

function call({ target, name, args }: Extract<Expression, { kind: "call" }>, scope: CelScope): unknown {
  if (target === undefined) return builtIn(name, args, scope);
  const of = evaluateCel(target, scope);
  const given = args.map((one) => evaluateCel(one, scope));
  if (name === "size") return size(of);
  if (name === "join") return (of as unknown[]).join(text(given[0] ?? ""));
  const subject = text(of);
  if (name === "lowerAscii") return subject.toLowerCase();
  const argument = text(given[0]);
  switch (name) {
    case "startsWith":
      return subject.startsWith(argument);
    case "endsWith":
      return subject.endsWith(argument);
    case "contains":
      return subject.includes(argument);
    case "matches":
      return new RegExp(argument).test(subject);
    case "split":
      return subject.split(argument);
    default:
      return extract(subject, argument);
  }
}

function builtIn(name: string, args: readonly Expression[], scope: CelScope): unknown {
  const [first] = args;
  if (first === undefined || args.length !== 1) throw new CelError(`"${name}" takes one argument`);
  if (name === "has") {
    if (first.kind !== "member" && first.kind !== "index") throw new CelError('"has" takes a field');
    try {
      return evaluateCel(first, scope) !== undefined;
    } catch {
      return false;
    }
  }
  const value = evaluateCel(first, scope);
  if (name === "size") return size(value);
  if (name === "string") return String(value);
  if (name === "int") return Math.trunc(Number(value));
  if (name === "duration") return parseDuration(text(value)) ?? fail(`"${text(value)}" is no duration`);
  const ms = Date.parse(text(value));
  return Number.isNaN(ms) ? fail(`"${text(value)}" is no timestamp`) : new Timestamp(ms);
}

/** IAM's own: what stands in place of `{name}` in the pattern, up to the sign behind it; empty when it does not fit. */
function extract(subject: string, pattern: string): string {
  const match = /^(.*)\{\w+\}(.*)$/s.exec(pattern);
  if (match === null) throw new CelError(`"${pattern}" holds no {name}`);
  const [, before = "", after = ""] = match;
  const start = subject.indexOf(before);
  if (start < 0) return "";
  const rest = subject.slice(start + before.length);
  if (after === "") return rest;
  const end = rest.indexOf(after);
  return end < 0 ? "" : rest.slice(0, end);
}

function member(of: unknown, key: unknown): unknown {
  if (Array.isArray(of) && typeof key === "number" && key in of) return of[key];
  if (typeof of === "object" && of !== null && Object.hasOwn(of, String(key)))
    return (of as Record<string, unknown>)[String(key)];
  throw new CelError(`no such key: ${String(key)}`);
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Timestamp && b instanceof Timestamp) return a.ms === b.ms;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, at) => same(one, b[at]));
  return a === b;
}

function comparable(value: unknown): number | string {
  if (value instanceof Timestamp) return value.ms;
  if (typeof value === "number" || typeof value === "string") return value;
  throw new CelError("no such overload");
}

function truth(value: unknown): boolean {
  return typeof value === "boolean" ? value : fail("no such overload: a condition is true or false");
}

function number(value: unknown): number {
  return typeof value === "number" ? value : fail("no such overload: expected a number");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : fail("no such overload: expected a string");
}

function size(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  return fail("no such overload: no size");
}

function fail(message: string): never {
  throw new CelError(message);
}

import type { Issue, Node } from "./syntax.ts";
import type { CelType } from "./types.ts";
import { CelFailure, type CelValue } from "./values.ts";

/** What an expression is evaluated with: values by slot, and how much work is left. */
export type Frame = { readonly slots: CelValue[]; readonly budget: Budget };
/** Steps that may still be taken; one for all rules of an object. */
export type Budget = { left: number };

/** A checked expression: its type, and how to get its value. */
export type Compiled = { readonly type: CelType; readonly run: (frame: Frame) => CelValue };

/** Names that stand for something, innermost last. */
export type Scope = readonly { readonly name: string; readonly type: CelType; readonly slot: number }[];

export type Compiler = {
  readonly issues: Issue[];
  /** Names of variables that were read. */
  readonly used: Set<string>;
  readonly compile: (node: Node, scope: Scope) => Compiled;
  readonly fail: (node: Node, text: string) => Compiled;
};

export class OverBudget extends Error {}

/** @throws CelFailure for what is neither true nor false */
export function truth(value: CelValue): boolean {
  if (typeof value !== "boolean") throw new CelFailure("no such overload");
  return value;
}

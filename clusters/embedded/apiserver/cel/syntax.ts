import type { CelType } from "./types.ts";
import type { CelValue } from "./values.ts";

/** A parsed expression. `at` is where it stands in the text: of an operator or a call its sign, as cel-go has it. */
export type Node = { readonly at: number } & (
  | { readonly kind: "const"; readonly value: CelValue; readonly type: CelType }
  | { readonly kind: "ident"; readonly name: string }
  | {
      readonly kind: "select";
      readonly operand: Node;
      readonly field: string;
      /** `.?field`: an optional, empty where there is no such field. */
      readonly isOptional: boolean;
    }
  | { readonly kind: "call"; readonly name: string; readonly target: Node | undefined; readonly args: readonly Node[] }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Node, Node])[] }
  /** `has(a.b)` */
  | { readonly kind: "has"; readonly operand: Node; readonly field: string }
  /** `range.all(x, body)` and its kin: names of variables, then what is evaluated with them. */
  | {
      readonly kind: "macro";
      readonly name: string;
      readonly range: Node;
      readonly variables: readonly string[];
      readonly bodies: readonly Node[];
    }
);

/** What is wrong with an expression, at a place of its text. */
export type Issue = { readonly at: number; readonly text: string };

export class SyntaxIssue extends Error {
  readonly issue: Issue;
  constructor(issue: Issue) {
    super(issue.text);
    this.issue = issue;
  }
}

/** Issues as cel-go prints them: place, text, the line and a mark below it. */
export function describeIssues(source: string, issues: readonly Issue[]): string {
  return issues
    .map(({ at, text }) => {
      const before = source.slice(0, at).split("\n");
      const line = before.length;
      const column = [...(before.at(-1) ?? "")].length;
      const shown = (source.split("\n")[line - 1] ?? "").replaceAll("\t", " ");
      return `ERROR: <input>:${line}:${column + 1}: ${text}\n | ${shown}\n | ${".".repeat(column)}^`;
    })
    .join("\n");
}

import { type Node, SyntaxIssue } from "./syntax.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** How deep brackets may stand in each other, as cel-go limits it. */
const MAX_DEPTH = 250;

const LEVELS: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  in: 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
};

/** Macros by name, with how many arguments they take. */
const MACROS: Readonly<Record<string, readonly number[]>> = {
  all: [2, 3],
  exists: [2, 3],
  exists_one: [2],
  existsOne: [2, 3],
  map: [2, 3],
  filter: [2],
  optMap: [2],
  optFlatMap: [2],
  transformList: [3, 4],
  transformMap: [3, 4],
};

/**
 * Reads an expression of the Common Expression Language, macros and optionals included.
 * @throws SyntaxIssue
 */
export function parse(source: string): Node {
  return new Parser(tokensOf(source)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#ternary();
    if (this.#peek().text !== "<EOF>" || this.#peek().kind !== "end") throw this.#unexpected("<EOF>");
    return node;
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#at++;
    return token;
  }

  #takes(text: string): Token | undefined {
    const token = this.#peek();
    if (token.kind !== "sign" || token.text !== text) return undefined;
    this.#at++;
    return token;
  }

  #needs(text: string): Token {
    const token = this.#takes(text);
    if (token === undefined) throw this.#unexpected(`'${text}'`);
    return token;
  }

  #unexpected(wanted: string): SyntaxIssue {
    const { at, text } = this.#peek();
    return new SyntaxIssue({ at, text: `Syntax error: mismatched input '${text}' expecting ${wanted}` });
  }

  #ternary(): Node {
    if (++this.#depth > MAX_DEPTH)
      throw new SyntaxIssue({ at: -1, text: `expression recursion limit exceeded: ${MAX_DEPTH}` });
    const condition = this.#binary(1);
    const sign = this.#takes("?");
    let node = condition;
    if (sign !== undefined) {
      const yes = this.#binary(1);
      this.#needs(":");
      node = { kind: "call", at: sign.at, name: "_?_:_", target: undefined, args: [condition, yes, this.#ternary()] };
    }
    this.#depth--;
    return node;
  }

  #binary(level: number): Node {
    let left = level === 6 ? this.#unary() : this.#binary(level + 1);
    for (;;) {
      const token = this.#peek();
      if (token.kind !== "sign" || LEVELS[token.text] !== level) return left;
      this.#at++;
      const right = level === 6 ? this.#unary() : this.#binary(level + 1);
      const name = token.text === "in" ? "@in" : `_${token.text}_`;
      left = { kind: "call", at: token.at, name, target: undefined, args: [left, right] };
    }
  }

  #unary(): Node {
    const signs: Token[] = [];
    for (;;) {
      const token = this.#takes("!") ?? this.#takes("-");
      if (token === undefined) break;
      signs.push(token);
    }
    let node = this.#member();
    for (const { at, text } of signs.reverse()) {
      if (text === "-" && node.kind === "const" && (typeof node.value === "bigint" || typeof node.value === "number"))
        node = { ...node, at, value: -node.value };
      else node = { kind: "call", at, name: text === "!" ? "!_" : "-_", target: undefined, args: [node] };
    }
    return node;
  }

  #member(): Node {
    let node = this.#primary();
    for (;;) {
      const dot = this.#takes(".");
      if (dot !== undefined) {
        const isOptional = this.#takes("?") !== undefined;
        const name = this.#name();
        const open = isOptional ? undefined : this.#takes("(");
        node =
          open === undefined
            ? { kind: "select", at: dot.at, operand: node, field: name.text, isOptional }
            : this.#method(node, name, open);
        continue;
      }
      const open = this.#takes("[");
      if (open === undefined) return node;
      const isOptional = this.#takes("?") !== undefined;
      const index = this.#ternary();
      this.#needs("]");
      node = {
        kind: "call",
        at: open.at,
        name: isOptional ? "_[?_]" : "_[_]",
        target: undefined,
        args: [node, index],
      };
    }
  }

  #name(): Token {
    const token = this.#next();
    if (token.kind !== "name") {
      this.#at = this.#tokens.indexOf(token);
      throw this.#unexpected("IDENTIFIER");
    }
    return token;
  }

  #method(target: Node, { text: name }: Token, { at }: Token): Node {
    const args = this.#list(")");
    const takes = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined;
    if (takes?.includes(args.length) !== true) return { kind: "call", at, name, target, args };
    // Of two variables the first is an index or a key.
    const isTwo = name.startsWith("transform") || (args.length === 3 && name !== "map");
    const variables = args.slice(0, isTwo ? 2 : 1).map((arg) => {
      if (arg.kind !== "ident") throw new SyntaxIssue({ at: arg.at, text: "argument must be a simple name" });
      return arg.name;
    });
    return { kind: "macro", at, name, range: target, variables, bodies: args.slice(variables.length) };
  }

  #list(end: string): Node[] {
    const items: Node[] = [];
    while (this.#takes(end) === undefined) {
      if (items.length > 0) {
        this.#needs(",");
        if (end !== ")" && this.#takes(end) !== undefined) break;
      }
      items.push(this.#ternary());
    }
    return items;
  }

  #primary(): Node {
    const token = this.#next();
    if (token.kind === "const") return { kind: "const", at: token.at, value: token.value, type: token.type };
    if (token.kind === "name") {
      const open = this.#takes("(");
      if (open === undefined) return { kind: "ident", at: token.at, name: token.text };
      const args = this.#list(")");
      const [only] = args;
      if (token.text !== "has") return { kind: "call", at: open.at, name: token.text, target: undefined, args };
      if (only?.kind !== "select" || args.length !== 1)
        throw new SyntaxIssue({ at: open.at, text: "invalid argument to has() macro" });
      return { kind: "has", at: open.at, operand: only.operand, field: only.field };
    }
    if (token.kind === "sign")
      switch (token.text) {
        case "(": {
          const inner = this.#ternary();
          this.#needs(")");
          return inner;
        }
        case "[":
          return { kind: "list", at: token.at, items: this.#list("]") };
        case "{":
          return { kind: "map", at: token.at, entries: this.#entries() };
        case ".":
          return { kind: "ident", at: token.at, name: this.#name().text };
      }
    if (token.kind !== "end") this.#at--;
    throw this.#unexpected(
      "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    );
  }

  #entries(): (readonly [Node, Node])[] {
    const entries: (readonly [Node, Node])[] = [];
    while (this.#takes("}") === undefined) {
      if (entries.length > 0) {
        this.#needs(",");
        if (this.#takes("}") !== undefined) break;
      }
      const key = this.#ternary();
      this.#needs(":");
      entries.push([key, this.#ternary()]);
    }
    return entries;
  }
}

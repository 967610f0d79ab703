/** An expression of the Common Expression Language, as far as IAM conditions and attribute mappings use it. */
export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "member"; readonly of: Expression; readonly name: string }
  | { readonly kind: "index"; readonly of: Expression; readonly at: Expression }
  | {
      readonly kind: "call";
      readonly target: Expression | undefined;
      readonly name: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: "unary"; readonly operator: "!" | "-"; readonly of: Expression }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "choice"; readonly test: Expression; readonly then: Expression; readonly otherwise: Expression };

/** Text that is none, or uses what is not supported here. */
export class CelError extends Error {
  override readonly name = "CelError";
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]))/y;

type Token = { readonly kind: "number" | "string" | "word" | "sign"; readonly text: string };

const METHODS = new Set([
  "startsWith",
  "endsWith",
  "contains",
  "matches",
  "extract",
  "size",
  "lowerAscii",
  "split",
  "join",
]);
const FUNCTIONS = new Set(["has", "size", "timestamp", "duration", "string", "int"]);
/** Weakest first. */
const LEVELS = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "%"]];

/** @throws CelError */
export function parseCel(text: string): Expression {
  const parser = new Parser(tokensOf(text));
  const expression = parser.choice();
  parser.end();
  return expression;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < trimmed.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(trimmed);
    if (match === null) throw new CelError(`syntax error at ${JSON.stringify(trimmed.slice(at, at + 12))}`);
    const [, number, string, word, sign] = match;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (string !== undefined) tokens.push({ kind: "string", text: unquoted(string) });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else tokens.push({ kind: "sign", text: sign ?? "" });
  }
  return tokens;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, (_, sign: string) => ({ n: "\n", t: "\t", r: "\r" })[sign] ?? sign);
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    const left = this.#tokens[this.#at];
    if (left !== undefined) throw new CelError(`unexpected ${JSON.stringify(left.text)}`);
  }

  choice(): Expression {
    const test = this.#level(0);
    if (!this.#take("?")) return test;
    const then = this.choice();
    this.#expect(":");
    return { kind: "choice", test, then, otherwise: this.choice() };
  }

  #level(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#level(level + 1);
    for (;;) {
      const operator = operators.find((one) => this.#take(one));
      if (operator === undefined) return left;
      left = { kind: "binary", operator, left, right: this.#level(level + 1) };
    }
  }

  #unary(): Expression {
    if (this.#take("!")) return { kind: "unary", operator: "!", of: this.#unary() };
    if (this.#take("-")) return { kind: "unary", operator: "-", of: this.#unary() };
    let expression = this.#primary();
    for (;;) {
      if (this.#take(".")) {
        const name = this.#word();
        expression = this.#take("(")
          ? this.#called(expression, name, METHODS)
          : { kind: "member", of: expression, name };
      } else if (this.#take("[")) {
        const at = this.choice();
        this.#expect("]");
        expression = { kind: "index", of: expression, at };
      } else return expression;
    }
  }

  #called(target: Expression | undefined, name: string, known: ReadonlySet<string>): Expression {
    if (!known.has(name)) throw new CelError(`the function "${name}" is not supported`);
    return { kind: "call", target, name, args: this.#list(")") };
  }

  #primary(): Expression {
    if (this.#take("(")) {
      const inner = this.choice();
      this.#expect(")");
      return inner;
    }
    if (this.#take("[")) return { kind: "list", items: this.#list("]") };
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new CelError("unexpected end");
    this.#at++;
    if (token.kind === "number") return { kind: "literal", value: Number(token.text) };
    if (token.kind === "string") return { kind: "literal", value: token.text };
    if (token.kind !== "word") throw new CelError(`unexpected ${JSON.stringify(token.text)}`);
    if (token.text === "true" || token.text === "false") return { kind: "literal", value: token.text === "true" };
    if (token.text === "null") return { kind: "literal", value: null };
    if (this.#take("(")) return this.#called(undefined, token.text, FUNCTIONS);
    return { kind: "name", name: token.text };
  }

  #list(close: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#take(close)) {
      if (items.length > 0) this.#expect(",");
      items.push(this.choice());
    }
    return items;
  }

  #word(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "word") throw new CelError(`expected a name, got ${JSON.stringify(token?.text ?? "the end")}`);
    this.#at++;
    return token.text;
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === "string" || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new CelError(`expected "${text}"`);
  }
}

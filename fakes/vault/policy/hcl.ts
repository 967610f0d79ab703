/**
 * The part of HCL 1 that policies are written in: assignments, blocks with labels, lists, strings with
 * escapes, here-documents, numbers, booleans, three kinds of comment. JSON policies give the same tree.
 */

export type HclValue =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "list"; readonly items: readonly HclValue[] }
  | HclObject;

export type HclObject = { readonly kind: "object"; readonly items: readonly HclItem[] };
export type HclItem = { readonly keys: readonly string[]; readonly value: HclValue; readonly line: number };

type TokenKind = "identifier" | "string" | "number" | "punctuation" | "eof";
type Token = { readonly kind: TokenKind; readonly text: string; readonly line: number; readonly column: number };

/** Names the scanner gives punctuation in its errors. */
const PUNCTUATION: Readonly<Record<string, string>> = {
  "{": "LBRACE",
  "}": "RBRACE",
  "[": "LBRACK",
  "]": "RBRACK",
  "=": "ASSIGN",
  ",": "COMMA",
};

/** Parses a policy's text. Throws Error with HCL's message (`At 1:8: …`). */
export function parseHcl(text: string): HclObject {
  return /^\s*\{/.test(text) ? fromJson(text) : new Parser(scan(text)).file();
}

function at(token: { readonly line: number; readonly column: number }, message: string): Error {
  return new Error(`At ${token.line}:${token.column}: ${message}`);
}

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let i = 0;
  const push = (kind: TokenKind, value: string, from: number): void =>
    void tokens.push({ kind, text: value, line, column: from - lineStart + 1 });
  while (i < text.length) {
    const c = text[i] as string;
    if (c === "\n") {
      line++;
      lineStart = ++i;
    } else if (/\s/.test(c)) i++;
    else if (c === "#" || text.startsWith("//", i)) {
      while (i < text.length && text[i] !== "\n") i++;
    } else if (text.startsWith("/*", i)) {
      const end = text.indexOf("*/", i + 2);
      if (end < 0) throw at({ line, column: i - lineStart + 1 }, "comment not terminated");
      for (const skipped of text.slice(i, end)) if (skipped === "\n") line++;
      lineStart = text.lastIndexOf("\n", end) + 1;
      i = end + 2;
    } else if (c === '"') {
      const [value, next] = scanString(text, i, { line, column: i - lineStart + 1 });
      push("string", value, i);
      i = next;
    } else if (text.startsWith("<<", i)) {
      const [value, next, lines] = scanHeredoc(text, i, { line, column: i - lineStart + 1 });
      push("string", value, i);
      line += lines;
      lineStart = next;
      i = next;
    } else if (PUNCTUATION[c] !== undefined) {
      push("punctuation", c, i++);
    } else {
      const word = /^-?\d[\w.+-]*|^[\p{L}_][\p{L}\p{N}_.-]*/u.exec(text.slice(i))?.[0];
      if (word === undefined) throw at({ line, column: i - lineStart + 1 }, `illegal character`);
      push(/^-?\d/.test(word) ? "number" : "identifier", word, i);
      i += word.length;
    }
  }
  // The scanner steps one past the end before it says EOF.
  tokens.push({ kind: "eof", text: "EOF", line, column: text.length - lineStart + 2 });
  return tokens;
}

function scanString(text: string, from: number, where: { line: number; column: number }): [string, number] {
  let value = "";
  for (let i = from + 1; i < text.length; i++) {
    const c = text[i] as string;
    if (c === '"') return [value, i + 1];
    if (c === "\n") break;
    if (c !== "\\") {
      value += c;
      continue;
    }
    const escaped = text[++i] ?? "";
    const unicode = escaped === "u" ? /^[0-9a-fA-F]{4}/.exec(text.slice(i + 1))?.[0] : undefined;
    if (unicode !== undefined) {
      value += String.fromCharCode(Number.parseInt(unicode, 16));
      i += 4;
    } else value += { n: "\n", t: "\t", r: "\r" }[escaped] ?? escaped;
  }
  throw at(where, "literal not terminated");
}

function scanHeredoc(text: string, from: number, where: { line: number; column: number }): [string, number, number] {
  const head = /^<<(-?)(\w+)\r?\n/.exec(text.slice(from));
  if (head === null) throw at(where, "heredoc anchor not found");
  const lines: string[] = [];
  let i = from + head[0].length;
  for (;;) {
    const end = text.indexOf("\n", i);
    const row = text.slice(i, end < 0 ? text.length : end).replace(/\r$/, "");
    const next = end < 0 ? text.length : end + 1;
    if (row.trim() === head[2]) return [lines.map((l) => `${l}\n`).join(""), next, lines.length + 2];
    if (end < 0) throw at(where, "heredoc not terminated");
    lines.push(head[1] === "-" ? row.trimStart() : row);
    i = next;
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  file(): HclObject {
    const items: HclItem[] = [];
    while (this.#peek().kind !== "eof") items.push(this.#item());
    return { kind: "object", items };
  }

  #item(): HclItem {
    const keys: string[] = [];
    const line = this.#peek().line;
    for (;;) {
      const token = this.#next();
      if (token.kind === "identifier" || token.kind === "string") {
        keys.push(token.text);
        continue;
      }
      if (keys.length === 0) throw at(token, `expected: IDENT | STRING | ASSIGN | LBRACE got: ${nameOf(token)}`);
      if (token.text === "=" && token.kind === "punctuation") {
        if (keys.length > 1) throw at(token, "nested object expected: LBRACE got: ASSIGN");
        return { keys, value: this.#value(), line };
      }
      if (token.text === "{" && token.kind === "punctuation") return { keys, value: this.#object(), line };
      if (token.kind === "eof")
        throw at(token, `key '${keys.join(" ")}' expected start of object ('{') or assignment ('=')`);
      throw at(token, `expected: IDENT | STRING | ASSIGN | LBRACE got: ${nameOf(token)}`);
    }
  }

  #object(): HclObject {
    const items: HclItem[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === "punctuation" && token.text === "}") {
        this.#next();
        return { kind: "object", items };
      }
      if (token.kind === "eof") throw at(token, "object expected closing RBRACE got: EOF");
      if (token.kind === "punctuation" && token.text === ",") this.#next();
      else items.push(this.#item());
    }
  }

  #value(): HclValue {
    const token = this.#next();
    if (token.kind === "string") return { kind: "string", text: token.text };
    if (token.kind === "number") return { kind: "number", value: Number(token.text) };
    if (token.kind === "identifier" && (token.text === "true" || token.text === "false"))
      return { kind: "bool", value: token.text === "true" };
    if (token.kind === "punctuation" && token.text === "{") return this.#object();
    if (token.kind === "punctuation" && token.text === "[") return this.#list();
    throw at(token, `Unknown token: ${token.line}:${token.column} ${nameOf(token)} ${token.text}`);
  }

  #list(): HclValue {
    const items: HclValue[] = [];
    for (let needsComma = false; ; ) {
      const token = this.#peek();
      if (token.kind === "punctuation" && token.text === "]") {
        this.#next();
        return { kind: "list", items };
      }
      if (token.kind === "punctuation" && token.text === ",") {
        this.#next();
        needsComma = false;
        continue;
      }
      if (token.kind === "eof" || needsComma)
        throw at(token, `error parsing list, expected comma or list end, got: ${nameOf(token)}`);
      items.push(this.#value());
      needsComma = true;
    }
  }

  #peek(): Token {
    return this.#tokens[this.#position] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== "eof") this.#position++;
    return token;
  }
}

function nameOf(token: Token): string {
  if (token.kind === "punctuation") return PUNCTUATION[token.text] ?? token.text;
  return { identifier: "IDENT", string: "STRING", number: "NUMBER", eof: "EOF" }[token.kind];
}

function fromJson(text: string): HclObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`At 1:1: ${(error as Error).message}`);
  }
  return toHcl(parsed) as HclObject;
}

function toHcl(value: unknown): HclValue {
  if (typeof value === "string") return { kind: "string", text: value };
  if (typeof value === "number") return { kind: "number", value };
  if (typeof value === "boolean") return { kind: "bool", value };
  if (Array.isArray(value)) return { kind: "list", items: value.map(toHcl) };
  const items: HclItem[] = [];
  for (const [key, entry] of Object.entries(value ?? {})) items.push({ keys: [key], value: toHcl(entry), line: 1 });
  return { kind: "object", items };
}

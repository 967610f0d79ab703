import { SyntaxIssue } from "./syntax.ts";
import { type CelType, readType } from "./types.ts";
import { type CelValue, Uint } from "./values.ts";

export type Token =
  | {
      readonly kind: "const";
      readonly at: number;
      readonly text: string;
      readonly value: CelValue;
      readonly type: CelType;
    }
  | { readonly kind: "name" | "sign" | "end"; readonly at: number; readonly text: string };

const SPACE = /(?:[ \t\r\n\f]+|\/\/[^\n]*)+/y;
const FLOAT = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y;
const INTEGER = /(?:0x[0-9a-fA-F]+|\d+)[uU]?/y;
const TEXT = /[rRbB]{0,2}(?:"""[\s\S]*?(?<!\\)"""|'''[\s\S]*?(?<!\\)'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/y;
const NAME = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const QUOTED = /`[a-zA-Z0-9_.\-/ ]+`/y;
const SIGN = /==|!=|<=|>=|&&|\|\||[<>?:.,()[\]{}!+\-*/%]/y;
const WORDS: Readonly<Record<string, CelValue>> = { true: true, false: false, null: null };
const MAX_INT = 2n ** 63n - 1n;

/** @throws SyntaxIssue for what is no token */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  for (;;) {
    take(SPACE);
    const from = at;
    if (at >= source.length) return [...tokens, { kind: "end", at, text: "<EOF>" }];
    const last = tokens.at(-1);
    // A number after a dot that selects would be a field; none begins with a digit.
    const isAfterValue = last?.kind === "name" || last?.text === ")" || last?.text === "]";
    const float = isAfterValue && source[at] === "." ? undefined : take(FLOAT);
    if (float !== undefined) {
      tokens.push({ kind: "const", at: from, text: float, value: Number(float), type: readType("double") });
      continue;
    }
    const integer = take(INTEGER);
    if (integer !== undefined) {
      tokens.push(integerToken(integer, from));
      continue;
    }
    const text = take(TEXT);
    if (text !== undefined) {
      tokens.push(textToken(text, from));
      continue;
    }
    const name = take(NAME);
    if (name !== undefined) {
      if (Object.hasOwn(WORDS, name)) {
        const value = WORDS[name] as CelValue;
        const type = readType(value === null ? "null_type" : "bool");
        tokens.push({ kind: "const", at: from, text: name, value, type });
      } else tokens.push({ kind: name === "in" ? "sign" : "name", at: from, text: name });
      continue;
    }
    const quoted = take(QUOTED);
    if (quoted !== undefined) {
      tokens.push({ kind: "name", at: from, text: quoted.slice(1, -1) });
      continue;
    }
    const sign = take(SIGN);
    if (sign === undefined)
      throw new SyntaxIssue({ at, text: `Syntax error: token recognition error at: '${source.slice(at, at + 1)}'` });
    tokens.push({ kind: "sign", at: from, text: sign });
  }
}

function integerToken(text: string, at: number): Token {
  const isUnsigned = /[uU]$/.test(text);
  const value = BigInt(isUnsigned ? text.slice(0, -1) : text);
  // One more fits when a minus stands before it.
  if (value > (isUnsigned ? 2n * MAX_INT + 1n : MAX_INT + 1n))
    throw new SyntaxIssue({ at, text: `invalid ${isUnsigned ? "uint" : "int"} literal` });
  return isUnsigned
    ? { kind: "const", at, text, value: new Uint(value), type: readType("uint") }
    : { kind: "const", at, text, value, type: readType("int") };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function textToken(text: string, at: number): Token {
  const prefix = /^[rRbB]*/.exec(text)?.[0].toLowerCase() ?? "";
  const rest = text.slice(prefix.length);
  const quotes = /^("""|'''|"|')/.exec(rest)?.[0].length ?? 1;
  const inner = rest.slice(quotes, -quotes);
  const read = prefix.includes("r")
    ? inner
    : inner.replace(
        /\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))/gs,
        (_, x?: string, X?: string, u?: string, U?: string, octal?: string, sign?: string) => {
          if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
          const hex = x ?? X ?? u ?? U;
          if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
          return ESCAPES[sign ?? ""] ?? sign ?? "";
        },
      );
  return prefix.includes("b")
    ? { kind: "const", at, text, value: Buffer.from(read, "utf8"), type: readType("bytes") }
    : { kind: "const", at, text, value: read, type: readType("string") };
}

/**
 * What Go's `encoding/json` says of a text that is no JSON, in its own words (encoding/json/scanner.go): people
 * search for these texts, and recordings hold them.
 * @returns undefined for valid JSON
 */
export function goJsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return new Scanner(text).error();
  }
}

const END = "unexpected end of JSON input";
const SPACE = new Set([" ", "\t", "\r", "\n"]);

class GoSyntaxError extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  error(): string | undefined {
    try {
      this.#value();
      this.#space();
      if (this.#at < this.#text.length) this.#fail("after top-level value");
      return undefined;
    } catch (error) {
      if (error instanceof GoSyntaxError) return error.message;
      throw error;
    }
  }

  #value(): void {
    this.#space();
    const sign = this.#peek();
    const word = ["true", "false", "null"].find((one) => one[0] === sign);
    if (sign === "{") this.#object();
    else if (sign === "[") this.#array();
    else if (sign === '"') this.#string();
    else if (sign === "-" || /\d/.test(sign)) this.#number();
    else if (word !== undefined) this.#literal(word);
    else this.#fail("looking for beginning of value");
  }

  #object(): void {
    this.#at++;
    this.#space();
    if (this.#peek() === "}") {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      if (this.#peek() !== '"') this.#fail("looking for beginning of object key string");
      this.#string();
      this.#space();
      if (this.#peek() !== ":") this.#fail("after object key");
      this.#at++;
      this.#value();
      this.#space();
      const next = this.#peek();
      if (next !== "," && next !== "}") this.#fail("after object key:value pair");
      this.#at++;
      if (next === "}") return;
    }
  }

  #array(): void {
    this.#at++;
    this.#space();
    if (this.#peek() === "]") {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value();
      this.#space();
      const next = this.#peek();
      if (next !== "," && next !== "]") this.#fail("after array element");
      this.#at++;
      if (next === "]") return;
    }
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      const sign = this.#peek();
      if (sign === '"') {
        this.#at++;
        return;
      }
      if (sign < " ") this.#fail("in string literal");
      if (sign !== "\\") continue;
      this.#at++;
      const escaped = this.#peek();
      if (escaped === "u") {
        for (let digit = 0; digit < 4; digit++) {
          this.#at++;
          if (!/[0-9a-fA-F]/.test(this.#peek())) this.#fail("in \\u hexadecimal character escape");
        }
      } else if (!'"\\/bfnrt'.includes(escaped)) this.#fail("in string escape code");
    }
  }

  #number(): void {
    if (this.#peek() === "-") {
      this.#at++;
      if (!/\d/.test(this.#peek())) this.#fail("in numeric literal");
    }
    if (this.#peek() === "0") this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!/\d/.test(this.#peek())) this.#fail("after decimal point in numeric literal");
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/[+-]/.test(this.#peek())) this.#at++;
      if (!/\d/.test(this.#peek())) this.#fail("in exponent of numeric literal");
      this.#digits();
    }
  }

  #digits(): void {
    while (/\d/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#peek() !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #space(): void {
    while (SPACE.has(this.#text[this.#at] ?? "")) this.#at++;
  }

  #peek(): string {
    const sign = this.#text[this.#at];
    if (sign === undefined) throw new GoSyntaxError(END);
    return sign;
  }

  #fail(context: string): never {
    throw new GoSyntaxError(`invalid character ${quoted(this.#peek())} ${context}`);
  }
}

/** Go quotes a character as its source would write it. */
function quoted(sign: string): string {
  if (sign === "'") return "'\\''";
  if (sign === '"') return `'"'`;
  return `'${JSON.stringify(sign).slice(1, -1)}'`;
}

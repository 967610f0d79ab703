import { createHmac, randomBytes } from "node:crypto";

const SECRET = Symbol("secret");

/**
 * A value that no log, error or report can show: it prints as `***` in every form, and only
 * {@link Secret.reveal} gives it out, at the one place that needs it.
 */
export class Secret {
  readonly [SECRET]: string;

  constructor(value: string) {
    Object.defineProperty(this, SECRET, { value, enumerable: false });
    this[SECRET] = value;
  }

  reveal(): string {
    return this[SECRET];
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "***";
  }
}

/**
 * Keyed digests: equal values give equal text within a run, and nothing can be looked up from outside
 * it. Journals hold these in place of values.
 */
export class Digester {
  readonly #key: Buffer;

  constructor(key: Buffer = randomBytes(32)) {
    this.#key = key;
  }

  /** `hmac:` and 16 hex digits. */
  digest(value: string | Uint8Array): string {
    return `hmac:${createHmac("sha256", this.#key).update(value).digest("hex").slice(0, 16)}`;
  }
}

import { Canaries, type CanarySighting } from "../core/index.ts";

/** Below this, a value is too common a text to be looked for. */
const SHORTEST = 4;
/** What {@link Canaries} watches in all its forms. */
const CANARY_LENGTH = 8;

/**
 * The secrets of one run: canaries it made, and values its user named. Everything on its way into a report or a
 * kept log passes through here.
 */
export class Guard {
  readonly canaries: Canaries;
  /** Values too short for the forms of a canary; looked for as they are. */
  readonly #short = new Map<string, string>();

  constructor(canaries: Canaries = new Canaries()) {
    this.canaries = canaries;
  }

  watch(label: string, value: string): void {
    if (Buffer.byteLength(value) >= CANARY_LENGTH) this.canaries.watch(label, value);
    else if (value.length >= SHORTEST) this.#short.set(value, label);
  }

  search(text: string): CanarySighting[] {
    const short = [...this.#short].filter(([value]) => text.includes(value));
    return [...this.canaries.search(text), ...short.map(([, label]) => ({ label, form: "raw" }))];
  }

  redact(text: string): string {
    let clean = this.canaries.redact(text);
    for (const [value, label] of this.#short) clean = clean.replaceAll(value, `***${label}***`);
    return clean;
  }
}

import { Canaries, type CanarySighting } from "../core/index.ts";

/** Below this, a value is too common a text to be looked for. */
const SHORTEST = 4;
/** What {@link Canaries} watches in all its forms. */
const CANARY_LENGTH = 8;

/** A line of a key, a certificate or a token: nothing else looks like it, so that it tells of its secret by itself. */
const LINE_OF_A_SECRET = /^[A-Za-z0-9+/=_-]{32,}$/;
/** Longer contents are no secret that a line of a log could show. */
const LONGEST_CONCEALED = 16 * 1024;
const MOST_CONCEALED = 1000;
/** A user name, most likely; and a word that the report itself may use. */
const LETTERS = /^[A-Za-z]+$/;
/** As people write short words: `secret`, `Token`, `ADMIN`. None is as long as a canary, which is always looked for. */
const WORD = /^([A-Z]?[a-z]{1,6}|[A-Z]{2,7})$/;

/** Whether a value is a short word such as a report uses itself: that one shows it tells nothing. */
export function isWord(value: string): boolean {
  return WORD.test(value);
}

/**
 * The secrets of one run: canaries it made, and values its user named. Everything on its way into a report or a
 * kept log passes through here.
 */
export class Guard {
  readonly canaries: Canaries;
  /** Values too short for the forms of a canary; looked for as they are. */
  readonly #short = new Map<string, string>();
  readonly #concealed = new Canaries();
  readonly #concealedValues = new Set<string>();

  constructor(canaries: Canaries = new Canaries()) {
    this.canaries = canaries;
  }

  /** Looks for the value from now on; a short word, or what has less than four characters, cannot be looked for. */
  watch(label: string, value: string): void {
    if (isWord(value)) return;
    if (Buffer.byteLength(value) >= CANARY_LENGTH) this.canaries.watch(label, value);
    else if (value.length >= SHORTEST) this.#short.set(value, label);
    // A log is searched line by line, and would show a key of several lines without being noticed.
    for (const line of linesOf(value)) this.canaries.watch(label, line);
  }

  /**
   * Keeps a value out of reports and logs that is not known to be secret, such as the content of a file that was
   * mounted: where it shows it is replaced, and nothing fails for it.
   */
  conceal(label: string, value: string): void {
    const bytes = Buffer.byteLength(value);
    if (bytes < CANARY_LENGTH || bytes > LONGEST_CONCEALED || this.#concealedValues.has(value)) return;
    if (this.#concealedValues.size >= MOST_CONCEALED || LETTERS.test(value)) return;
    this.#concealedValues.add(value);
    for (const text of [value, ...linesOf(value)]) this.#concealed.watch(label, text);
  }

  search(text: string): CanarySighting[] {
    const short = [...this.#short].filter(([value]) => text.includes(value));
    return [...this.canaries.search(text), ...short.map(([, label]) => ({ label, form: "raw" }))];
  }

  redact(text: string): string {
    const clean = this.canaries.redact(text);
    return this.#concealed.redact(this.#short.size === 0 ? clean : this.#withoutShort(clean));
  }

  /**
   * A value as short as these may stand in the mark that replaced another one, which stays as it is. What is no mark
   * of this run's is a text like any other, whatever stars stand around it.
   */
  #withoutShort(text: string): string {
    const labels = new Set([...this.canaries.labels, ...this.#concealed.labels, ...this.#short.values()]);
    let parts: readonly string[] = [text];
    for (const label of labels) parts = withMarks(parts, `***${label}***`, label);
    for (const [value, label] of this.#short) parts = withMarks(parts, value, label);
    return parts.join("");
  }
}

/** Texts and the marks between them, with one more text replaced by its mark. */
function withMarks(parts: readonly string[], found: string, label: string): string[] {
  return parts.flatMap((part, at) =>
    at % 2 === 1
      ? [part]
      : part.split(found).flatMap((rest, index) => (index === 0 ? [rest] : [`***${label}***`, rest])),
  );
}

function linesOf(value: string): string[] {
  return value.includes("\n") ? value.split(/\r?\n/).filter((line) => LINE_OF_A_SECRET.test(line)) : [];
}

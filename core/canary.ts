import { randomBytes } from "node:crypto";

/** Where a canary was found: its label and the form it had there. */
export type CanarySighting = { readonly label: string; readonly form: string };

/**
 * Secrets of a run that must not show anywhere they should not (design, rule 4). Each is unique to the
 * run; a text is searched for all of them in raw, base64, base64url, hex, URL- and JSON-escaped form.
 */
export class Canaries {
  readonly #forms = new Map<string, { readonly label: string; readonly form: string }>();

  /** Makes a canary of `length` characters that every store and file name accepts. */
  create(label: string, length = 24): string {
    const value = `canary-${randomBytes(length).toString("hex").slice(0, length)}`;
    this.watch(label, value);
    return value;
  }

  /** Watches a secret made elsewhere, such as a token. Values under 8 bytes are too common to search for. */
  watch(label: string, value: string | Uint8Array): void {
    const bytes = Buffer.from(value);
    if (bytes.length < 8) return;
    const add = (form: string, text: string): void => void this.#forms.set(text, { label, form });
    const raw = bytes.toString("utf8");
    add("URL-escaped", encodeURIComponent(raw));
    add("JSON-escaped", JSON.stringify(raw).slice(1, -1));
    add("hex", bytes.toString("hex"));
    // Inside a longer base64 text the value starts at one of three phases; its middle is the same each time.
    for (const encoding of ["base64", "base64url"] as const)
      for (let phase = 0; phase < 3; phase++) {
        const padded = Buffer.concat([Buffer.alloc(phase), bytes])
          .toString(encoding)
          .replace(/=+$/, "");
        add(encoding, padded.slice(phase === 0 ? 0 : phase + 1, -1));
      }
    add("raw", raw);
  }

  /** What stands for canaries in a text that was redacted. */
  get labels(): ReadonlySet<string> {
    return new Set([...this.#forms.values()].map(({ label }) => label));
  }

  /** Every canary that shows in `text`, once per label and form. */
  search(text: string): CanarySighting[] {
    const seen = new Map<string, CanarySighting>();
    for (const [needle, sighting] of this.#forms)
      if (needle.length >= 8 && text.includes(needle)) seen.set(`${sighting.label} ${sighting.form}`, sighting);
    return [...seen.values()];
  }

  /** The text with every form of every canary replaced by the canary's label. */
  redact(text: string): string {
    let clean = text;
    for (const [needle, { label }] of this.#forms)
      if (needle.length >= 8 && clean.includes(needle)) clean = clean.replaceAll(needle, `***${label}***`);
    return clean;
  }
}

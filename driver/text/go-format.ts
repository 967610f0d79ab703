const VERB = /%(?:[-+# 0]*\d*(?:\.\d*)?)([\s\S]?)/g;

/**
 * What Go's fmt makes of a text that was taken for a format, with nothing to fill in: `50%dummy` becomes
 * `50%!d(MISSING)ummy`. Events of the real driver read so.
 */
export function formatted(text: string): string {
  return text.replace(VERB, (_all, verb: string) => {
    if (verb === "%") return "%";
    return verb === "" ? "%!(NOVERB)" : `%!${verb}(MISSING)`;
  });
}

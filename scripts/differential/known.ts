/** What is known to differ, and stands in docs/differences.md with its reason. */
const KNOWN: readonly RegExp[] = [];

export function isKnown(difference: string): boolean {
  return KNOWN.some((pattern) => pattern.test(difference));
}

/**
 * What a specification numbers and the catalogue has to answer for. A specification is Markdown: its cases are the rows
 * of the tables below the heading that ends in "conformance cases", its known defects rows that begin with B and a number.
 */
export type Numbered = { readonly cases: readonly string[]; readonly defects: readonly string[] };

export function numberedIn(spec: string): Numbered {
  const heading = /^## \d+\. (?:.* )?conformance cases$/im.exec(spec);
  const after = heading === null ? "" : spec.slice(heading.index + heading[0].length);
  const next = /^## /m.exec(after);
  const section = next === null ? after : after.slice(0, next.index);
  return {
    cases: firstCells(section, /^[A-Z]+-?\d+[a-z]?$/),
    defects: [...new Set([...firstCells(spec, /^B\d+$/), ...[...spec.matchAll(/\b(B\d+) \(new\)/g)].map(captured)])],
  };
}

/**
 * Cases that neither a scenario nor a reason answers for. A scenario answers for the case whose id it has, with or
 * without a letter behind it: SYN-13h for SYN-13.
 * @param reasons text in which each case without a scenario is the first cell of a row, its reason the second
 */
export function unanswered(cases: readonly string[], scenarios: readonly string[], reasons: string): string[] {
  const answered = new Set(scenarios.flatMap((id) => [id, id.replace(/(\d)[a-z]+$/, "$1")]));
  const excused = new Set([...reasons.matchAll(/^\|\s*([A-Z]+-?\d+[a-z]?)\s*\|[^|]*\S[^|]*\|/gm)].map(captured));
  return cases.filter((id) => !answered.has(id) && !excused.has(id));
}

function firstCells(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(/^\|\s*([^|\s]+)\s*\|/gm)].map(captured).filter((cell) => pattern.test(cell));
}

function captured([, text = ""]: RegExpExecArray): string {
  return text;
}

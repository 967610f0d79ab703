import type { CaseResult, Failure } from "../reports/index.ts";

/**
 * Says of each failed case which other one it comes from, so that whoever reads thirteen failures mends one thing:
 *
 * - `followsFrom`: what failed is the requirement of another case, and that case failed, too;
 * - `sameAs`: the first case that failed with the very same words, where nothing better is known.
 *
 * Every failure stays a failure, with all that it shows. Pure.
 */
export function withRootCauses(results: readonly CaseResult[]): CaseResult[] {
  const groups = Map.groupBy(results, ({ subject, behaviour }) => JSON.stringify([subject, behaviour]));
  const causes = new Map<CaseResult, Pick<Failure, "followsFrom" | "sameAs">>();
  for (const group of groups.values()) {
    const broken = group.filter(({ failure }) => failure !== undefined);
    const first = new Map<string, string>();
    for (const one of broken) {
      const failure = one.failure as Failure;
      const root = broken.find(({ id }) => id === failure.requirement && id !== one.id);
      const words = JSON.stringify([failure.message, failure.expected, failure.got]);
      const alike = first.get(words);
      if (root !== undefined) causes.set(one, { followsFrom: root.id });
      else if (alike === undefined) first.set(words, one.id);
      else if (alike !== one.id) causes.set(one, { sameAs: alike });
    }
  }
  return results.map((one) => {
    const cause = causes.get(one);
    return one.failure === undefined || cause === undefined ? one : { ...one, failure: { ...one.failure, ...cause } };
  });
}

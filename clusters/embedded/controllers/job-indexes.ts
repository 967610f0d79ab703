import type { Job, Pod } from "./objects.ts";

/** On pods of an indexed Job: which of its indexes they are for; a label and an annotation. */
export const INDEX = "batch.kubernetes.io/job-completion-index";

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === "Indexed";
}

/** The pod's index; undefined for one that has none, or one beyond the Job's completions. */
export function indexOf(pod: Pod, { spec }: Job): number | undefined {
  const text = pod.metadata.annotations?.[INDEX];
  const index = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isInteger(index) && index >= 0 && index < (spec.completions ?? 0) ? index : undefined;
}

/** @param text as `status.completedIndexes` has it: `0,2-4` */
export function readIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? "").split(",").filter((one) => one !== "")) {
    const [first = 0, last = first] = part.split("-").map(Number);
    for (let index = first; index <= last; index++) indexes.add(index);
  }
  return indexes;
}

/** In order; three and more in a row as `2-4`, two as `2,3`. */
export function writeIndexes(indexes: Iterable<number>): string {
  const runs: [number, number][] = [];
  for (const index of [...new Set(indexes)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs
    .map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? "," : "-"}${last}`))
    .join(",");
}

/** The indexes of these pods that the Job has. */
export function indexesOf(job: Job, pods: readonly Pod[]): Set<number> {
  return new Set(pods.flatMap((pod) => indexOf(pod, job) ?? []));
}

export function union(...sets: readonly ReadonlySet<number>[]): Set<number> {
  return new Set(sets.flatMap((set) => [...set]));
}

import { seededRandom } from "../../../core/index.ts";
import type { Case } from "../../catalogue/case.ts";
import type { Pass, Plan } from "../../plan.ts";
import { profileOf } from "../../profiles.ts";
import type { Chunk } from "./protocol.ts";

/** Scenarios in a chunk: few enough that no worker waits long for the last one. */
const CHUNK_ROWS = 10;

type Weighed = { readonly chunk: Chunk; readonly kinship: string; readonly rows: number };

/**
 * The plan in chunks. In random order the seed alone says which cases share a chunk and which chunk comes when: not
 * the number of workers, and not how fast they are. Pure.
 */
export function chunksOf(plan: Plan, { order, seed }: { order: "random" | "defined"; seed: number }): Weighed[] {
  const random = seededRandom(seed);
  const shuffled = <T>(items: readonly T[]): T[] => {
    const left = [...items];
    return order === "defined" ? left : items.map(() => left.splice(random.integer(0, left.length - 1), 1)[0] as T);
  };
  const chunks = plan.passes.flatMap((pass, index) =>
    [...Map.groupBy(pass.cases, ({ file }) => file).values()].flatMap((cases) =>
      cut(shuffled(cases)).map((part) => ({
        chunk: { pass: index, ids: part.map(({ id }) => id) },
        kinship: kinshipOf(pass, part[0]),
        rows: rowsOf(part),
      })),
    ),
  );
  return shuffled(chunks);
}

/** What a worker has loaded for one case serves the next of the same kin: a store's SDK takes a second to load. */
function kinshipOf({ subject }: Pass, one: Case | undefined): string {
  if (subject.kind === "provider") return subject.id.replace(/^reference-/, "");
  return profileOf(one?.profile ?? "")?.store ?? one?.profile ?? "";
}

function cut(cases: readonly Case[]): Case[][] {
  const parts: Case[][] = [];
  for (const one of cases) {
    const last = parts.at(-1);
    if (last === undefined || rowsOf(last) + one.rows > CHUNK_ROWS) parts.push([one]);
    else last.push(one);
  }
  return parts;
}

function rowsOf(cases: readonly Case[]): number {
  return cases.reduce((sum, { rows }) => sum + rows, 0);
}

/** Says what a worker runs next: kin of what it had, else of what nobody works on, the largest first. */
export class HandOut {
  readonly #left = new Map<string, Weighed[]>();
  readonly #workers = new Map<number, string>();

  constructor(chunks: readonly Weighed[]) {
    for (const one of chunks) this.#left.set(one.kinship, [...(this.#left.get(one.kinship) ?? []), one]);
  }

  next(worker: number): Chunk | undefined {
    const kinship = this.#choose(worker);
    if (kinship === undefined) return undefined;
    this.#workers.set(worker, kinship);
    return this.#left.get(kinship)?.shift()?.chunk;
  }

  /** What nobody was handed. */
  rest(): Chunk[] {
    return [...this.#left.values()].flat().map(({ chunk }) => chunk);
  }

  /** The worker is gone, and works on nothing any more. */
  forget(worker: number): void {
    this.#workers.delete(worker);
  }

  #choose(worker: number): string | undefined {
    const own = this.#workers.get(worker);
    const open = [...this.#left]
      .filter(([, chunks]) => chunks.length > 0)
      .sort(([, a], [, b]) => weightOf(b) - weightOf(a))
      .map(([kinship]) => kinship);
    if (own !== undefined && open.includes(own)) return own;
    const taken = new Set([...this.#workers].filter(([other]) => other !== worker).map(([, kinship]) => kinship));
    return open.find((kinship) => !taken.has(kinship)) ?? open[0];
  }
}

function weightOf(chunks: readonly Weighed[]): number {
  return chunks.reduce((sum, { rows }) => sum + rows, 0);
}

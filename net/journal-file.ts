import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Clock } from "../core/index.ts";
import { Journal, type JournalEntry, type JournalFilter } from "./journal.ts";

/** The file has them all. */
const KEPT_BESIDE_FILE = 10_000;

/** A journal that also writes each entry to a file as a line of JSON; one without a file when `path` is empty. */
export function journalInto(path: string, clock: Clock): Journal {
  if (path === "") return new Journal(clock);
  // At once and whole: who was answered may look there next.
  return new Journal(clock, {
    keep: KEPT_BESIDE_FILE,
    onEntry: (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`),
  });
}

/**
 * The journal of a run whose parts are processes: what they wrote into their files joins what this process saw, each
 * entry numbered when it is first seen here.
 */
export class GatheredJournal extends Journal {
  readonly #files = new Map<string, number>();

  /** Takes in what a part writes to this file from now on. */
  gather(path: string): void {
    this.#files.set(path, 0);
  }

  override mark(): number {
    this.#look();
    return super.mark();
  }

  override entries(filter: JournalFilter = {}): JournalEntry[] {
    this.#look();
    return super.entries(filter);
  }

  #look(): void {
    const fresh: JournalEntry[] = [];
    for (const [path, known] of this.#files) {
      if (!existsSync(path)) continue;
      const bytes = readFileSync(path).subarray(known);
      const end = bytes.lastIndexOf(0x0a) + 1; // the last line may be half written
      this.#files.set(path, known + end);
      for (const line of bytes.toString("utf8", 0, end).split("\n"))
        if (line !== "") fresh.push(JSON.parse(line) as JournalEntry);
    }
    // In the order in which the exchanges ended, as in a journal that all share.
    fresh.sort((a, b) => a.wall + a.tookMs - (b.wall + b.tookMs));
    for (const { seq: _, ...exchange } of fresh) this.take(exchange);
  }
}

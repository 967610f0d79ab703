import type { CaseResult, Report } from "../model.ts";
import type { ParityNote } from "./notes.ts";

export type ParityVerdict = "passed" | "failed" | "skipped" | "absent";

/** One case on both subjects. */
export type ParityRow = {
  readonly id: string;
  readonly title: string;
  readonly profile: string;
  readonly reference: ParityVerdict;
  readonly other: ParityVerdict;
  /** `not compared`: one side did not run it, for the reason given. */
  readonly outcome: "same" | "explained" | "unexplained" | "not compared";
  readonly reason?: string;
  /** What the side that failed said. */
  readonly failure?: string;
};

export type ParityTable = {
  /** What the two columns are called. */
  readonly reference: string;
  readonly other: string;
  readonly behaviour: string;
  /** Day of the other's run: `2026-11-26`; undefined in tables of former versions. */
  readonly measured?: string;
  readonly rows: readonly ParityRow[];
  readonly counts: Readonly<Record<ParityRow["outcome"], number>>;
  /** Ids of notes that no difference of this run needs. */
  readonly unusedNotes: readonly string[];
};

export type ParityRequest = {
  readonly reference: { readonly name: string; readonly report: Report };
  readonly other: { readonly name: string; readonly report: Report };
  readonly behaviour: string;
  readonly notes: readonly ParityNote[];
};

/**
 * Puts two runs of the same cases side by side. Pure. A waived failure counts as what it is, a failure; a case that
 * one side skipped is not compared, whatever the other side said.
 */
export function compareReports(request: ParityRequest): ParityTable {
  const { reference, other, notes, behaviour } = request;
  const [mine, theirs] = [byKey(reference.report), byKey(other.report)];
  const noteOf = new Map(notes.map((note) => [note.case, note] as const));
  const used = new Set<string>();
  const rows = [...new Set([...mine.keys(), ...theirs.keys()])].sort(byIdThenTitle).map((key): ParityRow => {
    const [a, b] = [mine.get(key), theirs.get(key)];
    const shown = (a ?? b) as CaseResult;
    const row = {
      id: shown.id,
      title: shown.title,
      profile: shown.profile,
      reference: verdictOf(a),
      other: verdictOf(b),
    };
    const ran = [row.reference, row.other].every((verdict) => verdict === "passed" || verdict === "failed");
    if (!ran)
      return { ...row, outcome: "not compared", reason: whyNot(a, reference.name) ?? whyNot(b, other.name) ?? "" };
    if (row.reference === row.other) return { ...row, outcome: "same" };
    const failure = [a, b].find((one) => verdictOf(one) === "failed")?.failure?.message ?? "";
    const note = noteOf.get(row.id);
    if (note === undefined) return { ...row, outcome: "unexplained", failure };
    used.add(note.case);
    const side = { reference: `${reference.name} is right`, other: `${other.name} is right`, both: "either is right" };
    return { ...row, outcome: "explained", reason: `${side[note.right]}: ${note.why}`, failure };
  });
  const counts = { same: 0, explained: 0, unexplained: 0, "not compared": 0 };
  for (const { outcome } of rows) counts[outcome]++;
  return {
    reference: reference.name,
    other: other.name,
    behaviour,
    measured: other.report.run.startedAt.slice(0, 10),
    rows,
    counts,
    unusedNotes: notes.map((note) => note.case).filter((id) => !used.has(id)),
  };
}

/** Rows of an outline share an id; their titles tell them apart. */
function byKey(report: Report): Map<string, CaseResult> {
  return new Map(report.cases.map((one) => [`${one.id}\n${one.title}`, one] as const));
}

function byIdThenTitle(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

function verdictOf(result: CaseResult | undefined): ParityVerdict {
  if (result === undefined) return "absent";
  return result.status === "waived" ? "failed" : result.status;
}

function whyNot(result: CaseResult | undefined, name: string): string | undefined {
  if (result === undefined) return `${name} did not run it`;
  return result.status === "skipped" ? `${name}: ${result.reason ?? "skipped"}` : undefined;
}

import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { MountproofError, messageOf } from "../core/index.ts";
import type { CaseResult, Finding } from "../reports/index.ts";

/**
 * A failure that is known and accepted for a while. It keeps a run from failing; it never changes a verdict, and
 * never turns a failure into a pass.
 */
export type Waiver = {
  readonly case: string;
  /** Only for this subject; every subject when left out. */
  readonly subject?: string | undefined;
  readonly reason: string;
  /** The last day it holds, `2027-01-31`; without it, until it is removed. */
  readonly until?: string | undefined;
};

const WaiversSchema = z.array(
  z.strictObject({
    case: z.string().min(1),
    subject: z.string().optional(),
    reason: z.string().min(1),
    until: z.iso.date().optional(),
  }),
);

/** @throws MountproofError `invalid_argument` when the file cannot be read or is no list of waivers */
export async function readWaivers(path: string): Promise<Waiver[]> {
  try {
    return parseWaivers(await readFile(path, "utf8"));
  } catch (cause) {
    throw new MountproofError("invalid_argument", {
      message: `--waivers "${path}": ${messageOf(cause)}`,
      hint: "write a list of: case, reason, and if you like subject and until (YYYY-MM-DD)",
      cause,
    });
  }
}

export function parseWaivers(text: string): Waiver[] {
  const result = WaiversSchema.safeParse(parse(text) ?? []);
  if (!result.success)
    throw new Error(result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
  return result.data;
}

/**
 * Applies waivers to the results of a run. Pure.
 * @param today `2026-11-24`
 * @returns the results with waived failures marked, and what to say about waivers that are over or of no use
 */
export function applyWaivers(
  results: readonly CaseResult[],
  waivers: readonly Waiver[],
  today: string,
): { readonly results: CaseResult[]; readonly findings: Finding[] } {
  const used = new Set<Waiver>();
  const expired = waivers.filter((waiver) => waiver.until !== undefined && waiver.until < today);
  const live = waivers.filter((waiver) => !expired.includes(waiver));
  const marked = results.map((result): CaseResult => {
    const waiver = live.find(
      (one) => one.case === result.id && (one.subject === undefined || one.subject === result.subject),
    );
    if (waiver === undefined || result.status !== "failed") return result;
    used.add(waiver);
    return { ...result, status: "waived", reason: waiver.reason };
  });
  const note = (message: string): Finding => ({ kind: "waiver", message, fails: false });
  const ran = new Set(results.filter((one) => one.status === "passed").map((one) => one.id));
  return {
    results: marked,
    findings: [
      ...expired.map((waiver) => note(`the waiver of ${waiver.case} ended on ${waiver.until}`)),
      ...live
        .filter((waiver) => !used.has(waiver) && ran.has(waiver.case))
        .map((waiver) => note(`${waiver.case} passes: its waiver can go`)),
    ],
  };
}

import { MountproofError } from "../core/index.ts";
import type { Case } from "./catalogue/case.ts";
import { type Availability, BEHAVIOURS, type Behaviour, missingReason, type Tier } from "./needs.ts";
import { profileOf } from "./profiles.ts";
import type { Subject } from "./subjects/subject.ts";

/** Cases that run together: one subject in one behaviour. */
export type Pass = { readonly subject: Subject; readonly behaviour: Behaviour; readonly cases: readonly Case[] };

/** A case that cannot run here, and why. It is reported as skipped, never left out. */
export type PlannedSkip = {
  readonly case: Case;
  readonly subject: Subject;
  readonly behaviour: Behaviour;
  readonly reason: string;
};

export type Plan = { readonly passes: readonly Pass[]; readonly skips: readonly PlannedSkip[] };

export type PlanRequest = {
  /** What was selected. */
  readonly cases: readonly Case[];
  readonly subjects: readonly Subject[];
  readonly tier: Tier;
  /**
   * `declared`: each case once, in the first behaviour it holds in. A behaviour: what holds there. `all`: each
   * case in every behaviour it holds in.
   */
  readonly behaviour: Behaviour | "declared" | "all";
  /** What this machine and this run offer, for a subject. */
  readonly availability: (subject: Subject) => Availability;
  /** Why a case cannot be run on a subject at all, whatever the machine offers; undefined when it can. */
  readonly refusal?: (one: Case, subject: Subject) => string | undefined;
  /** Only cases with this tag run; the others are skipped with this reason. */
  readonly only?: { readonly tag: string; readonly reason: string };
};

/**
 * Decides which cases run, with whom, in which behaviour, and which are skipped with what reason. Pure.
 * @throws MountproofError `invalid_argument` when no selected case examines any of the subjects
 */
export function planRun(request: PlanRequest): Plan {
  const passes: Pass[] = [];
  const skips: PlannedSkip[] = [];
  for (const subject of request.subjects) {
    const mine = request.cases.filter((one) => examines(one, subject, request.subjects));
    const available = request.availability(subject);
    for (const behaviour of BEHAVIOURS) {
      const here = mine.filter((one) => behavioursOf(one, request.behaviour).includes(behaviour));
      const runnable: Case[] = [];
      for (const one of here) {
        const reason = request.refusal?.(one, subject) ?? skipReason(one, request, available);
        if (reason === undefined) runnable.push(one);
        else skips.push({ case: one, subject, behaviour, reason });
      }
      if (runnable.length > 0) passes.push({ subject, behaviour, cases: runnable });
    }
  }
  if (passes.length === 0 && skips.length === 0) throw nothingToRun(request);
  return { passes, skips };
}

/**
 * Whether the case examines the subject. The reference parts are examined by every case that no other subject
 * takes: a provider of its own stands in for them in its profiles, an emulator for the fake store of its provider's.
 */
function examines(one: Case, subject: Subject, all: readonly Subject[]): boolean {
  const profile = profileOf(one.profile);
  const takes = (other: Subject): boolean => {
    if (other.kind === "reference") return other.emulator !== undefined && other.emulator.store === profile?.store;
    const isAccepted = profile?.accepts.includes(other.kind) === true;
    return isAccepted && (other.kind !== "store-provider" || other.store === profile.store);
  };
  const isFallback = subject.kind === "reference" && subject.emulator === undefined;
  return isFallback ? !all.some(takes) : takes(subject);
}

/** The behaviours a case runs in under the wish of this run; none when it does not hold there. */
export function behavioursOf(one: Case, wish: PlanRequest["behaviour"]): readonly Behaviour[] {
  const holds = one.behaviours.length === 0 ? BEHAVIOURS : one.behaviours;
  if (wish === "all") return holds;
  if (wish === "declared") return holds.slice(0, 1);
  return holds.includes(wish) ? [wish] : [];
}

function skipReason(one: Case, { tier, only }: PlanRequest, available: Availability): string | undefined {
  // Tiers are not a ladder: E1 replaces the fakes of E0 by containers.
  if (one.tier !== "E0" && one.tier !== tier) return `belongs to tier ${one.tier}; run with --tier ${one.tier}`;
  const missing = missingReason(one.needs, available);
  if (missing !== undefined || only === undefined || one.tags.includes(only.tag)) return missing;
  return only.reason;
}

function nothingToRun(request: PlanRequest): MountproofError {
  const profiles = [...new Set(request.cases.map((one) => one.profile))].join(", ");
  const subjects = request.subjects.map((subject) => `${subject.kind} "${subject.id}"`).join(", ");
  return new MountproofError("invalid_argument", {
    message: `no selected case examines ${subjects}: the selection is in ${profiles}`,
    hint: "--exec and --target give a provider (profile PROVIDER-GRPC), --provider a store's (PROVIDER-VAULT, …), --driver a driver (DRIVER-…)",
  });
}

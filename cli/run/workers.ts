import { availableParallelism } from "node:os";
import { MountproofError } from "../../core/index.ts";
import type { Plan } from "../../suite/index.ts";
import type { RunFlags } from "./flags.ts";

/** Beyond this a worker costs more to start than it takes off the others. */
const MOST = 8;
/** For fewer scenarios a second process is not worth its start. */
const SCENARIOS_A_WORKER = 30;

/**
 * How many processes share the cases. Somebody's own program is examined by one: its store, its socket and its ports
 * are there once. So are parts as processes and emulators, and what waits in real time is best measured alone.
 * @throws MountproofError `invalid_argument` when several are asked for where one is all that can be
 */
export function workersFor(
  wish: number | undefined,
  plan: Plan,
  flags: Pick<RunFlags, "processes" | "realClock" | "cluster">,
  isOwn: boolean,
): number {
  const isEmulated = plan.passes.some(
    ({ subject }) => subject.kind === "reference" && (subject.emulator ?? subject.cluster) !== undefined,
  );
  const isAlone = isOwn || isEmulated || flags.processes === true;
  if (isAlone && wish !== undefined && wish > 1)
    throw new MountproofError("invalid_argument", {
      message: `--workers ${wish}: ${whose(isOwn, isEmulated)} examined by one process`,
      hint: "leave --workers out, or say --workers 1",
    });
  if (isAlone) return 1;
  const scenarios = plan.passes.flatMap(({ cases }) => cases).reduce((sum, { rows }) => sum + rows, 0);
  if (wish !== undefined) return Math.min(wish, Math.max(1, scenarios));
  if (flags.realClock === true) return 1;
  return Math.max(1, Math.min(availableParallelism(), MOST, Math.floor(scenarios / SCENARIOS_A_WORKER)));
}

function whose(isOwn: boolean, isEmulated: boolean): string {
  if (isOwn) return "a program of yours is";
  return isEmulated ? "parts before one emulator or in one cluster are" : "parts as processes are";
}

import { RealClock, silentLog } from "../../core/index.ts";
import type { Report } from "../../reports/index.ts";
import { assertSound, type Case, loadCatalogue } from "../catalogue/index.ts";
import { Guard } from "../guard.ts";
import { layoutOf } from "../layout.ts";
import type { Behaviour } from "../needs.ts";
import { type PlanRequest, planRun } from "../plan.ts";
import { runSuite } from "../runner/run-suite.ts";
import { select } from "../selection.ts";
import type { Subject } from "../subjects/subject.ts";

/** How one case ended on one subject. */
export type Judgement = {
  readonly id: string;
  readonly profile: string;
  readonly subject: string;
  readonly status: Report["cases"][number]["status"];
  readonly message?: string;
};

export type JudgeRequest = {
  readonly subjects: readonly Subject[];
  readonly profiles: readonly string[];
  /** `hardened` by default. */
  readonly behaviour?: PlanRequest["behaviour"];
  /** `@must` by default. */
  readonly tags?: string;
  /** Which of a profile's cases one subject is shown; all by default. */
  readonly choose?: (one: Case, index: number, subject: Subject, behaviour: Behaviour) => boolean;
  /** What has failed on one subject is not shown to the next. */
  readonly untilFailed?: boolean;
};

/**
 * Runs the must-cases of the profiles on subjects that no command line can name: the suite's own judges. Once a
 * process, since a process loads step definitions once.
 */
export async function judge(request: JudgeRequest): Promise<Judgement[]> {
  const { subjects, profiles, behaviour = "hardened", tags = "@must", choose = () => true } = request;
  const clock = new RealClock();
  const layout = layoutOf();
  const catalogue = await loadCatalogue(layout);
  assertSound(catalogue);
  const plan = planRun({
    cases: select(catalogue.cases, { profiles, ids: [], tags }),
    subjects,
    tier: "E0",
    behaviour,
    availability: () => new Map(),
  });
  const passes = plan.passes.map((pass) => ({
    ...pass,
    cases: pass.cases.filter((one, index) => choose(one, index, pass.subject, pass.behaviour)),
  }));
  const report = await runSuite({
    layout,
    clock,
    log: silentLog,
    guard: new Guard(),
    plan: { ...plan, passes: passes.filter(({ cases }) => cases.length > 0) },
    time: "virtual",
    seed: 1,
    order: "defined",
    repeat: 1,
    untilFailed: request.untilFailed === true,
    waivers: [],
    facts: {
      runId: "judge",
      tool: { name: "mountproof", version: "0", node: process.versions.node, platform: process.platform },
      environment: [],
      command: "judge",
      seed: 1,
      order: "defined",
      repeat: 1,
      tier: "E0",
      selection: { profiles: [...profiles], ids: [] },
      isPartial: false,
    },
    repeatCommand: () => "",
    onProgress: () => {},
    onMessage: () => {},
  });
  return report.cases.map(({ id, profile, subject, status, failure }) => ({
    id,
    profile,
    subject,
    status,
    ...(failure !== undefined && { message: failure.message }),
  }));
}

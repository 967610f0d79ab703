import { RealClock, silentLog } from "../../core/index.ts";
import type { Report } from "../../reports/index.ts";
import { assertSound, loadCatalogue } from "../catalogue/index.ts";
import { Guard } from "../guard.ts";
import { layoutOf } from "../layout.ts";
import { type PlanRequest, planRun } from "../plan.ts";
import { runSuite } from "../runner/run-suite.ts";
import { select } from "../selection.ts";
import type { Subject } from "../subjects/subject.ts";

/** How one case ended on one subject. */
export type Judgement = {
  readonly id: string;
  readonly subject: string;
  readonly status: Report["cases"][number]["status"];
  readonly message?: string;
};

/**
 * Runs the must-cases of the profiles on subjects that no command line can name: the suite's own judges. Once a
 * process, since a process loads step definitions once.
 */
export async function judge(
  subjects: readonly Subject[],
  profiles: readonly string[],
  behaviour: PlanRequest["behaviour"] = "hardened",
  tags = "@must",
): Promise<Judgement[]> {
  const clock = new RealClock();
  const layout = layoutOf();
  const catalogue = await loadCatalogue(layout);
  assertSound(catalogue);
  const report = await runSuite({
    layout,
    clock,
    log: silentLog,
    guard: new Guard(),
    plan: planRun({
      cases: select(catalogue.cases, { profiles, ids: [], tags }),
      subjects,
      tier: "E0",
      behaviour,
      availability: () => new Map(),
    }),
    time: "virtual",
    seed: 1,
    order: "defined",
    repeat: 1,
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
  return report.cases.map(({ id, subject, status, failure }) => ({
    id,
    subject,
    status,
    ...(failure !== undefined && { message: failure.message }),
  }));
}

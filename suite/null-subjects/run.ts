import { RealClock, silentLog } from "../../core/index.ts";
import { assertSound, loadCatalogue } from "../catalogue/index.ts";
import { Guard } from "../guard.ts";
import { layoutOf } from "../layout.ts";
import { planRun } from "../plan.ts";
import { runSuite } from "../runner/run-suite.ts";
import { select } from "../selection.ts";
import type { Subject } from "../subjects/subject.ts";
import { nullProviders } from "./providers.ts";

/**
 * Runs the must-cases of the profiles given as arguments on their null subjects, and prints as JSON how each case
 * ended on each. A program of its own: a process loads step definitions once.
 */
const SUBJECTS: Readonly<Record<string, () => readonly Subject[]>> = { "PROVIDER-GRPC": nullProviders };

const clock = new RealClock();
const layout = layoutOf();
const catalogue = await loadCatalogue(layout);
assertSound(catalogue);
const profiles = process.argv.slice(2);
const report = await runSuite({
  layout,
  clock,
  log: silentLog,
  guard: new Guard(),
  plan: planRun({
    cases: select(catalogue.cases, { profiles, ids: [], tags: "@must" }),
    subjects: profiles.flatMap((profile) => SUBJECTS[profile]?.() ?? []),
    tier: "E0",
    behaviour: "hardened",
    availability: () => new Map(),
  }),
  mode: "in-process",
  seed: 1,
  order: "defined",
  repeat: 1,
  waivers: [],
  facts: {
    runId: "null-subjects",
    tool: { name: "mountproof", version: "0", node: process.versions.node, platform: process.platform },
    environment: [],
    command: "null subjects",
    seed: 1,
    order: "defined",
    repeat: 1,
    tier: "E0",
    selection: { profiles, ids: [] },
    isPartial: false,
  },
  repeatCommand: () => "",
  onProgress: () => {},
  onMessage: () => {},
});
process.stdout.write(
  JSON.stringify(
    report.cases.map(({ id, subject, status, failure, durationMs }) => ({
      id,
      subject,
      status,
      message: failure?.message,
      durationMs,
    })),
  ),
);
process.exit(0);

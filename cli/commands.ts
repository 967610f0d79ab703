import { defineCases } from "./cases.ts";
import { defineCluster } from "./cluster.ts";
import type { DefineCommand } from "./define-command.ts";
import { defineDoctor } from "./doctor.ts";
import { defineDriver } from "./driver.ts";
import { defineE2e } from "./e2e.ts";
import { defineFake } from "./fake.ts";
import { defineParity } from "./parity.ts";
import { defineProvider } from "./provider.ts";
import { defineReport } from "./report.ts";
import { defineRun } from "./run.ts";
import { defineUp, defineUpCompanions } from "./up.ts";
import { defineVersion } from "./version.ts";

/** In the order that help shows them. */
export const COMMANDS: readonly DefineCommand[] = [
  defineRun,
  defineE2e,
  defineCases,
  defineReport,
  defineParity,
  defineUp,
  defineUpCompanions,
  defineCluster,
  defineDriver,
  defineProvider,
  defineFake,
  defineDoctor,
  defineVersion,
];

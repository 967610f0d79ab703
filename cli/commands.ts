import type { Command } from "commander";
import { defineCases } from "./cases.ts";
import { defineDoctor } from "./doctor.ts";
import { defineDriver } from "./driver.ts";
import { defineE2e } from "./e2e.ts";
import { defineFake } from "./fake.ts";
import { defineProvider } from "./provider.ts";
import { defineReport } from "./report.ts";
import { defineRun } from "./run.ts";
import { defineUp } from "./up.ts";
import { defineVersion } from "./version.ts";

/** Adds a command to the program; `finish` takes the exit code it ends with. */
export type DefineCommand = (program: Command, finish: (code: number) => void) => void;

/** In the order that help shows them. */
export const COMMANDS: readonly DefineCommand[] = [
  defineRun,
  defineE2e,
  defineCases,
  defineReport,
  defineUp,
  defineDriver,
  defineProvider,
  defineFake,
  defineDoctor,
  defineVersion,
];

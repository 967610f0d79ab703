import type { Command } from "commander";
import { defineCases } from "./cases.ts";
import { defineDoctor } from "./doctor.ts";
import { defineE2e } from "./e2e.ts";
import { defineReport } from "./report.ts";
import { defineRun } from "./run.ts";
import { defineVersion } from "./version.ts";

/** Adds a command to the program; `finish` takes the exit code it ends with. */
export type DefineCommand = (program: Command, finish: (code: number) => void) => void;

/** In the order that help shows them. */
export const COMMANDS: readonly DefineCommand[] = [
  defineRun,
  defineE2e,
  defineCases,
  defineReport,
  defineDoctor,
  defineVersion,
];

import type { Command } from "commander";

/** Adds a command to the program; `finish` takes the exit code it ends with. */
export type DefineCommand = (program: Command, finish: (code: number) => void) => void;

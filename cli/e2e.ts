import type { DefineCommand } from "./define-command.ts";
import type { RunFlags } from "./run/flags.ts";
import { addRunFlags, executeRun } from "./run.ts";

/** `mountproof e2e`: the reference parts against the whole catalogue, as `npm run e2e` does it. */
export const defineE2e: DefineCommand = (program, finish) => {
  addRunFlags(program.command("e2e").description("run the catalogue on the reference driver and providers")).action(
    async (flags: RunFlags) => finish(await executeRun(flags)),
  );
};

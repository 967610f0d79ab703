import type { DefineCommand } from "./define-command.ts";

/** `mountproof driver`: the reference driver as a process, under upstream's flag names, which it reads itself. */
export const defineDriver: DefineCommand = (program, finish) => {
  program
    .command("driver")
    .description("run the reference driver, with the upstream driver's flags (--help shows them)")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument("[flags...]")
    .action(async (flags: string[]) => {
      const { runDriver } = await import("../driver/main.ts");
      finish(await runDriver(flags));
    });
};

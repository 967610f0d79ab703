import type { DefineCommand } from "./define-command.ts";

/** `mountproof driver`, for those who look for it in the help; it reads its flags itself, and parts.ts starts it. */
export const defineDriver: DefineCommand = (program) => {
  program
    .command("driver")
    .description("run the reference driver, with the upstream driver's flags (--help shows them)")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument("[flags...]");
};

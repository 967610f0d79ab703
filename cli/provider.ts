import { MountproofError } from "../core/index.ts";
import type { DefineCommand } from "./define-command.ts";
import { PROVIDERS } from "./parts.ts";

/** `mountproof provider NAME`: a reference provider as a process, under the real one's flag names. */
export const defineProvider: DefineCommand = (program) => {
  program
    .command("provider")
    .description(`run a reference provider: ${Object.keys(PROVIDERS).join(", ")}`)
    .argument("<name>", Object.keys(PROVIDERS).join(", "))
    .argument("[flags...]")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    // One that there is has been started already (parts.ts).
    .action((name: string) => {
      throw new MountproofError("invalid_argument", {
        message: `there is no provider "${name}"`,
        hint: `there are: ${Object.keys(PROVIDERS).join(", ")}`,
      });
    });
};

import { MountproofError } from "../core/index.ts";
import type { DefineCommand } from "./define-command.ts";

/** Each store's provider, imported only when it is asked for. */
const PROVIDERS: Readonly<Record<string, () => Promise<(argv: readonly string[]) => Promise<number>>>> = {
  aws: async () => (await import("../providers/aws/main.ts")).runAwsProvider,
  azure: async () => (await import("../providers/azure/main.ts")).runAzureProvider,
  gcp: async () => (await import("../providers/gcp/main.ts")).runGcpProvider,
  vault: async () => (await import("../providers/vault/main.ts")).runVaultProvider,
};

/** `mountproof provider NAME`: a reference provider as a process, under the real one's flag names. */
export const defineProvider: DefineCommand = (program, finish) => {
  program
    .command("provider")
    .description(`run a reference provider: ${Object.keys(PROVIDERS).join(", ")}`)
    .argument("<name>", Object.keys(PROVIDERS).join(", "))
    .argument("[flags...]")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (name: string, flags: string[]) => {
      const load = PROVIDERS[name];
      if (load === undefined)
        throw new MountproofError("invalid_argument", {
          message: `there is no provider "${name}"`,
          hint: `there are: ${Object.keys(PROVIDERS).join(", ")}`,
        });
      finish(await (await load())(flags));
    });
};

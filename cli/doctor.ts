import type { DefineCommand } from "./define-command.ts";
import { ExitCode } from "./exit.ts";

/** `mountproof doctor`: what this machine can run, and why it cannot run the rest. */
export const defineDoctor: DefineCommand = (program, finish) => {
  program
    .command("doctor")
    .description("say what this machine can run, why it cannot run the rest, and what to do about it")
    .option("--json", "print JSON")
    .option("--tier <tier>", "end with 3 unless this tier can run", "E0")
    .action(async (flags: { json?: boolean; tier: string }) => {
      const { examine, thisMachine, tiersOf } = await import("../suite/doctor/index.ts");
      const { TIERS } = await import("../suite/needs.ts");
      const { oneOf } = await import("./flag-values.ts");
      const wanted = oneOf("--tier", flags.tier, TIERS);
      const checks = await examine(thisMachine);
      const tiers = tiersOf(checks);
      const lines = [
        ...checks.flatMap(({ ok, name, detail, todo }) => [
          `${ok ? "yes" : "no "} ${name}: ${detail}`,
          ...(todo === undefined ? [] : [`      ${todo}`]),
        ]),
        ...tiers.map(({ tier, ok, detail }) => `${ok ? "yes" : "no "} tier ${tier}: ${detail}`),
      ];
      process.stdout.write(
        flags.json === true ? `${JSON.stringify({ checks, tiers }, null, 2)}\n` : `${lines.join("\n")}\n`,
      );
      finish(tiers.find(({ tier }) => tier === wanted)?.ok === true ? ExitCode.good : ExitCode.environment);
    });
};

import type { Command } from "commander";
import type { DefineCommand } from "./define-command.ts";
import type { RunFlags } from "./run/flags.ts";
import { addSelection } from "./selection-flags.ts";

/** `mountproof run`: the conformance run. */
export const defineRun: DefineCommand = (program, finish) => {
  addRunFlags(
    program.command("run").description("run cases on a provider or driver of yours, or on the reference parts"),
  )
    .option("--exec <command>", "start this as the provider; it gets SOCKET, SOCKET_DIR and PROVIDER_NAME")
    .option("--target <address>", "a provider that already runs: unix:PATH")
    .option("--driver <path>", "a driver binary with the upstream driver's flags")
    .option("--provider <store=path>", "a store's provider as its vendor ships it: aws=PATH, azure=, gcp= or vault=")
    .option("--provider-name <name>", "what PROVIDER_NAME says", "subject")
    .option("--ready-within <seconds>", "how long the provider may take until it answers", "5")
    .option("--answer-within <seconds>", "how long a mount may take: more than 5 for a store that is slow", "5")
    .option("--parameters <file>", "valid parameters: a map, a SecretProviderClass, or a list of them")
    .option("--missing <file>", "parameters that name an object which is not in the store")
    .option("--rotate <command>", "a command that changes the value in the store")
    .option("--secret-values <file>", "the values behind the parameters: a list, or path: value")
    .addHelpText(
      "after",
      `
Example:
  npx mountproof run --exec './my-provider --socket $SOCKET' --profile PROVIDER-GRPC --parameters params.yaml`,
    )
    .action(async (flags: RunFlags) => finish(await executeRun(flags)));
};

export function addRunFlags(command: Command): Command {
  return addSelection(command)
    .option("--behaviour <name>", "hardened, upstream-1.6, upstream-1.5, declared or all")
    .option("--tier <tier>", "E0, E1, E2 or E3", "E0")
    .option("--kubeconfig <file>", "tier E3: run over the cluster of this kubeconfig")
    .option("--context <name>", "which of its contexts; the current one when left out")
    .option("--yes", "touch a context that is neither kind's nor mountproof's; it must be named by --context")
    .option("--image <image>", "tier E2: kind's node image, or a version such as 1.34")
    .option("--base-image <image>", "tier E2: what this project's images are built from: it has Node 24")
    .option("--keep", "tier E2: leave the kind cluster there")
    .option("--reuse", "tier E2: run in the kind cluster that --keep left")
    .option("--cluster-settings <file>", "where that cluster's stores are, and which images stand for which")
    .option("--stores-by <way>", "tier E1: run the stores as programs, as containers, or auto", "auto")
    .option("--seed <number>", "repeat an order")
    .option("--order <order>", "random or defined", "random")
    .option("--repeat <times>", "run each case so often", "1")
    .option("--workers <count>", "processes that the cases are spread over; as many as there are cores when left out")
    .option("--waivers <file>", "failures that are known and accepted")
    .option("--out <folder>", "where the report goes", "reports/out/latest")
    .option("--real-clock", "wait in real time; cases that need virtual time are skipped")
    .option("--slow", "on the real clock, run the cases that take minutes as well")
    .option(
      "--cluster <which>",
      "embedded, or apiserver: over a real kube-apiserver and etcd (KUBEBUILDER_ASSETS)",
      "embedded",
    )
    .option("--processes", "run driver, provider, fake and cluster as processes; cases that cannot are skipped")
    .option("--keep-journals", "keep what each case's parts said to each other below the report's folder")
    .option("--plain", "plain lines, also in a terminal");
}

/** Lazily, so that no other command pays for it. */
export async function executeRun(flags: RunFlags): Promise<number> {
  const { performRun } = await import("./run/perform.ts");
  return await performRun(flags);
}

import type { DefineCommand } from "./define-command.ts";
import { ExitCode } from "./exit.ts";
import type { UpFlags } from "./up/options.ts";

const NAME = ["--name <name>", "which cluster, where there are several", "default"] as const;

/** `mountproof up`: a laptop's cluster with driver, providers and stores, for kubectl and programs of your own. */
export const defineUp: DefineCommand = (program, finish) => {
  program
    .command("up")
    .description("run a cluster with driver, providers and stores until Ctrl-C, and write a kubeconfig for it")
    .option("--stores <list>", "stores to run: auto (all there are), none, or aws,azure,gcp,vault", "auto")
    .option("--providers <list>", "providers: auto (the stores' own), all, none, or aws,azure,gcp,vault", "auto")
    .option("--driver <which>", "reference, none, or upstream=PATH of a driver's binary", "reference")
    .option("--behaviour <name>", "of driver and providers: hardened, upstream-1.6, upstream-1.5", "hardened")
    .option("--no-sync", "without secrets synced as Kubernetes Secrets")
    .option("--rotation <duration>", "shortest time between two rotations of a volume (default: 120s)")
    .option("--nodes <number>", "how many nodes", "1")
    .option("--speed <factor>", "how fast time runs: 60x makes a minute of a second", "1x")
    .option("--seed <file>", "YAML with what the stores hold, one part a store: vault: {…}")
    .option("--images <file>", "an images.yaml with lines of your own: what the containers of an image run")
    .option("--chart <url=folder...>", "a Helm chart to find under a repository's address, as helm repo add takes it")
    .option("--port <number>", "port of the API server; 0 for any free one", "0")
    .option("--kubeconfig <file>", "where the kubeconfig goes", "mountproof.kubeconfig")
    .option("--kube-version <version>", "1.34, 1.35 or 1.36", "1.34")
    .option(
      "--state <folder>",
      "keep the cluster's objects there from one start to the next (with --port: its address, too)",
    )
    .option("--audit-log <file>", "write what is asked of the API server there (audit.k8s.io/v1); - for the output")
    .option("--detach", "leave it running in the background; mountproof down ends it")
    .option(...NAME)
    .action(async (flags: UpFlags) => finish(await runUp(flags)));
};

/** `down`, `status`, `logs` and `env`: what there is to say about a cluster that runs. */
export const defineUpCompanions: DefineCommand = (program, finish) => {
  program
    .command("down")
    .description("end the cluster that mountproof up started")
    .option(...NAME)
    .action(async ({ name }: { name: string }) => finish(await (await import("./up/companions.ts")).down(name)));
  program
    .command("status")
    .description("say whether a cluster runs, and what runs in it")
    .option(...NAME)
    .option("--json", "as JSON")
    .action(async ({ name, json }: { name: string; json?: boolean }) =>
      finish(await (await import("./up/companions.ts")).status(name, json === true)),
    );
  program
    .command("logs")
    .description("print what a detached cluster said")
    .option(...NAME)
    .option("-f, --follow", "go on with what it says, until Ctrl-C or its end")
    .action(async ({ name, follow }: { name: string; follow?: boolean }) =>
      finish(await (await import("./up/companions.ts")).logs(name, follow === true)),
    );
  program
    .command("env")
    .description('print the variables of a cluster for a shell: eval "$(mountproof env)"')
    .option(...NAME)
    .action(async ({ name }: { name: string }) => finish(await (await import("./up/companions.ts")).env(name)));
};

/** What ends a cluster, as it is told to whoever reads its first words: in its terminal, or in its log. */
function endOf(name: string): string {
  if (process.env["MOUNTPROOF_DETACHED"] === undefined) return "Ctrl-C";
  return `mountproof down${name === "default" ? "" : ` --name ${name}`}`;
}

async function runUp(flags: UpFlags): Promise<number> {
  if (flags.detach === true) return await (await import("./up/detach.ts")).detach(flags);
  const { firstStop } = await import("./signals.ts");
  // Heard from the first moment on: whoever changes their mind while it starts is obeyed at its next step.
  let isStopping = false;
  let isReady = false;
  // A detached one whose launcher dies before it is told of: nobody knows of it, and nobody would end it.
  const orphaned = new Promise<void>((resolve) => {
    process.once("disconnect", () => {
      if (!isReady) resolve();
    });
  });
  const stop = Promise.race([firstStop(), orphaned]).then(() => {
    isStopping = true;
  });
  const [{ serveUp }, { welcome }] = await Promise.all([import("./up/serve.ts"), import("./up/welcome.ts")]);
  await using cluster = await serveUp(flags, () => isStopping);
  if (isStopping) return ExitCode.good;
  process.stdout.write(welcome(cluster.state, cluster.tookMs, cluster.unready, endOf(flags.name)));
  isReady = true;
  process.send?.("ready");
  await stop;
  return ExitCode.good;
}

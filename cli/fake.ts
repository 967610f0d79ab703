import { RealClock } from "../core/index.ts";
import { Journal } from "../net/journal.ts";
import { journalInto } from "../net/journal-file.ts";
import { processDialer } from "../net/process-dialer.ts";
import type { DefineCommand } from "./define-command.ts";
import { defineFakeAws } from "./fake/aws.ts";
import { defineFakeAzure } from "./fake/azure.ts";
import { defineFakeGcp } from "./fake/gcp.ts";
import { KEPT_EXCHANGES, portOf, readSeed, readText, wrong } from "./fake/options.ts";
import { untilStopped } from "./signals.ts";

type FakeFlags = {
  readonly port: string;
  readonly host: string;
  readonly rootToken?: string;
  readonly dialect: string;
  readonly seed?: string;
  readonly clusterToken?: string;
  readonly clusterCa?: string;
  readonly journalFile: string;
};

/** `mountproof fake NAME`: a fake store as a process, with the control API on its own port. */
export const defineFake: DefineCommand = (program, finish) => {
  const command = program.command("fake").description("run a fake store by itself, for tests of your own");
  command
    .command("vault")
    .description("Vault: KV, tokens, policies, kubernetes and jwt auth, over HTTP")
    .option("--port <number>", "port to listen on; 0 for any free one", "8200")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--root-token <token>", "the root token; drawn when left out")
    .option("--dialect <name>", "vault or openbao", "vault")
    .option("--cluster-token <file>", "its own account's token, for kubernetes auth, as a Vault in a pod has it")
    .option("--cluster-ca <file>", "the cluster's CA, as a Vault in a pod has it")
    .option("--journal-file <file>", "write each exchange there, as a line of JSON", "")
    .option("--seed <file>", "YAML or JSON with namespaces, mounts, auth, policies and write")
    .addHelpText(
      "after",
      "\nPrints one line of JSON when it serves: url and rootToken. The control API is at /_mountproof/.\nNames are reached through the proxy of HTTPS_PROXY, if there is one.",
    )
    .action(async (flags: FakeFlags) => finish(await runFakeVault(flags)));
  defineFakeAws(command, finish);
  defineFakeAzure(command, finish);
  defineFakeGcp(command, finish);
};

async function runFakeVault(flags: FakeFlags): Promise<number> {
  const port = portOf(flags.port);
  if (flags.dialect !== "vault" && flags.dialect !== "openbao")
    throw wrong("--dialect", flags.dialect, "vault, openbao");
  const { FakeVault, seedVault } = await import("../fakes/vault/index.ts");
  const clock = new RealClock();
  await using vault = await new FakeVault({
    clock,
    listen: { host: flags.host, port },
    dialect: flags.dialect,
    control: true,
    journal:
      flags.journalFile === "" ? new Journal(clock, { keep: KEPT_EXCHANGES }) : journalInto(flags.journalFile, clock),
    dialer: processDialer(process.env),
    inCluster: {
      ...(flags.clusterToken !== undefined && { token: await readText("--cluster-token", flags.clusterToken) }),
      ...(flags.clusterCa !== undefined && { caPem: await readText("--cluster-ca", flags.clusterCa) }),
    },
    ...(flags.rootToken !== undefined && { rootToken: flags.rootToken }),
  }).start();
  if (flags.seed !== undefined) await seedVault(vault.admin, await readSeed(flags.seed));
  process.stdout.write(`${JSON.stringify({ url: vault.url, rootToken: vault.rootToken })}\n`);
  await untilStopped();
  return 0;
}

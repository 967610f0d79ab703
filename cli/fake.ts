import { RealClock } from "../core/index.ts";
import { journalInto } from "../net/journal-file.ts";
import type { DefineCommand } from "./define-command.ts";
import { defineFakeAws } from "./fake/aws.ts";
import { defineFakeAzure } from "./fake/azure.ts";
import { defineFakeGcp } from "./fake/gcp.ts";
import { addCommonFlags, announceAndServe, type CommonFlags, commonParts, readSeed, readText } from "./fake/options.ts";
import { oneOf } from "./flag-values.ts";

type FakeFlags = CommonFlags & {
  readonly rootToken?: string;
  readonly dialect: string;
  readonly clusterToken?: string;
  readonly clusterCa?: string;
  readonly journalFile: string;
};

/** `mountproof fake NAME`: a fake store as a process, with the control API on its own port. */
export const defineFake: DefineCommand = (program, finish) => {
  const command = program.command("fake").description("run a fake store by itself, for tests of your own");
  addCommonFlags(command.command("vault"), 8200, "namespaces, mounts, auth, policies and write")
    .description("Vault: KV, tokens, policies, kubernetes and jwt auth, over HTTP")
    .option("--root-token <token>", "the root token; drawn when left out")
    .option("--dialect <name>", "vault or openbao", "vault")
    .option("--cluster-token <file>", "its own account's token, for kubernetes auth, as a Vault in a pod has it")
    .option("--cluster-ca <file>", "the cluster's CA, as a Vault in a pod has it")
    .option("--journal-file <file>", "write each exchange there, as a line of JSON", "")
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
  const dialect = oneOf("--dialect", flags.dialect, ["vault", "openbao"]);
  const { FakeVault, seedVault } = await import("../fakes/vault/index.ts");
  const clock = new RealClock();
  await using vault = await new FakeVault({
    ...commonParts(flags, clock),
    dialect,
    ...(flags.journalFile !== "" && { journal: journalInto(flags.journalFile, clock) }),
    inCluster: {
      ...(flags.clusterToken !== undefined && { token: await readText("--cluster-token", flags.clusterToken) }),
      ...(flags.clusterCa !== undefined && { caPem: await readText("--cluster-ca", flags.clusterCa) }),
    },
    ...(flags.rootToken !== undefined && { rootToken: flags.rootToken }),
  }).start();
  if (flags.seed !== undefined) await seedVault(vault.admin, await readSeed(flags.seed));
  return await announceAndServe({ url: vault.url, rootToken: vault.rootToken });
}

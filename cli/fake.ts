import { RealClock } from "../core/index.ts";
import { Journal } from "../net/journal.ts";
import type { DefineCommand } from "./define-command.ts";
import { defineFakeAws } from "./fake/aws.ts";
import { defineFakeAzure } from "./fake/azure.ts";
import { defineFakeGcp } from "./fake/gcp.ts";
import { KEPT_EXCHANGES, portOf, readSeed, wrong } from "./fake/options.ts";
import { untilStopped } from "./signals.ts";

type FakeFlags = {
  readonly port: string;
  readonly host: string;
  readonly rootToken?: string;
  readonly dialect: string;
  readonly seed?: string;
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
    .option("--seed <file>", "YAML or JSON with namespaces, mounts, auth, policies and write")
    .addHelpText(
      "after",
      "\nPrints one line of JSON when it serves: url and rootToken. The control API is at /_mountproof/.",
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
    journal: new Journal(clock, { keep: KEPT_EXCHANGES }),
    ...(flags.rootToken !== undefined && { rootToken: flags.rootToken }),
  }).start();
  if (flags.seed !== undefined) await seedVault(vault.admin, await readSeed(flags.seed));
  process.stdout.write(`${JSON.stringify({ url: vault.url, rootToken: vault.rootToken })}\n`);
  await untilStopped();
  return 0;
}

import { readFile } from "node:fs/promises";
import { MountproofError, RealClock } from "../core/index.ts";
import { Journal } from "../net/journal.ts";
import type { DefineCommand } from "./define-command.ts";
import { untilStopped } from "./signals.ts";

type FakeFlags = {
  readonly port: string;
  readonly host: string;
  readonly rootToken?: string;
  readonly dialect: string;
  readonly seed?: string;
};

/** What the control API can tell of; a fake that runs for days must not grow with its requests. */
const KEPT_EXCHANGES = 10_000;

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
};

async function runFakeVault(flags: FakeFlags): Promise<number> {
  const port = Number(flags.port);
  if (!/^\d+$/.test(flags.port) || port > 65_535) throw wrong("--port", flags.port, "a number from 0 to 65535");
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
  if (flags.seed !== undefined) {
    const { parse } = await import("yaml");
    await seedVault(vault.admin, parse(await readSeed(flags.seed)));
  }
  process.stdout.write(`${JSON.stringify({ url: vault.url, rootToken: vault.rootToken })}\n`);
  await untilStopped();
  return 0;
}

async function readSeed(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new MountproofError("invalid_argument", {
      message: `--seed "${path}" cannot be read`,
      hint: "check the path",
      cause,
    });
  });
}

function wrong(flag: string, value: string, takes: string): MountproofError {
  return new MountproofError("invalid_argument", { message: `${flag} "${value}" is not one of: ${takes}` });
}

import type { Command } from "commander";
import { RealClock } from "../../core/index.ts";
import { Journal } from "../../net/journal.ts";
import type { DefineCommand } from "../define-command.ts";
import { untilStopped } from "../signals.ts";
import { KEPT_EXCHANGES, portOf, readSeed, wrong } from "./options.ts";

type AwsFlags = {
  readonly port: string;
  readonly host: string;
  readonly accountId: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly seed?: string;
};

/** `mountproof fake aws` */
export function defineFakeAws(command: Command, finish: Parameters<DefineCommand>[1]): void {
  command
    .command("aws")
    .description("AWS: Secrets Manager, Parameter Store, STS web identities, EKS Pod Identity, IAM, over HTTP")
    .option("--port <number>", "port to listen on; 0 for any free one", "4566")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--account-id <digits>", "the account's number", "111122223333")
    .option("--access-key-id <id>", "the owner's key; drawn when left out")
    .option("--secret-access-key <key>", "and its secret part")
    .option("--seed <file>", "YAML or JSON with oidcProviders, policies, roles, keys, secrets, parameters, podIdentity")
    .addHelpText(
      "after",
      "\nPrints one line of JSON when it serves: url, accountId, accessKeyId, secretAccessKey. Point clients at it by\n" +
        "AWS_ENDPOINT_URL. Regions are told apart by the signature. The control API is at /_mountproof/.",
    )
    .action(async (flags: AwsFlags) => finish(await runFakeAws(flags)));
}

async function runFakeAws(flags: AwsFlags): Promise<number> {
  const { accessKeyId, secretAccessKey, accountId, host } = flags;
  if (!/^\d{12}$/.test(accountId)) throw wrong("--account-id", accountId, "twelve digits");
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw wrong("--access-key-id", accessKeyId ?? "", "a key given together with --secret-access-key");
  const { FakeAws, seedAws } = await import("../../fakes/aws/index.ts");
  const { processDialer } = await import("../../net/process-dialer.ts");
  const clock = new RealClock();
  await using aws = await new FakeAws({
    clock,
    listen: { host, port: portOf(flags.port) },
    accountId,
    control: true,
    dialer: processDialer(process.env),
    journal: new Journal(clock, { keep: KEPT_EXCHANGES }),
    ...(accessKeyId !== undefined && secretAccessKey !== undefined && { ownerKey: { accessKeyId, secretAccessKey } }),
  }).start();
  if (flags.seed !== undefined) await seedAws(aws.admin, await readSeed(flags.seed));
  process.stdout.write(`${JSON.stringify({ url: aws.url, accountId, ...aws.ownerKey })}\n`);
  await untilStopped();
  return 0;
}

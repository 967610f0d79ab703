import type { Command } from "commander";
import { RealClock } from "../../core/index.ts";
import type { DefineCommand } from "../define-command.ts";
import { wrong } from "../flag-values.ts";
import { addCommonFlags, announceAndServe, type CommonFlags, commonParts, readSeed } from "./options.ts";

type AwsFlags = CommonFlags & {
  readonly accountId: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
};

/** `mountproof fake aws` */
export function defineFakeAws(command: Command, finish: Parameters<DefineCommand>[1]): void {
  addCommonFlags(command.command("aws"), 4566, "oidcProviders, policies, roles, keys, secrets, parameters, podIdentity")
    .description("AWS: Secrets Manager, Parameter Store, STS web identities, EKS Pod Identity, IAM, over HTTP")
    .option("--account-id <digits>", "the account's number", "111122223333")
    .option("--access-key-id <id>", "the owner's key; drawn when left out")
    .option("--secret-access-key <key>", "and its secret part")
    .addHelpText(
      "after",
      "\nPrints one line of JSON when it serves: url, accountId, accessKeyId, secretAccessKey. Point clients at it by\n" +
        "AWS_ENDPOINT_URL. Regions are told apart by the signature. The control API is at /_mountproof/.",
    )
    .action(async (flags: AwsFlags) => finish(await runFakeAws(flags)));
}

async function runFakeAws(flags: AwsFlags): Promise<number> {
  const { accessKeyId, secretAccessKey, accountId } = flags;
  if (!/^\d{12}$/.test(accountId)) throw wrong("--account-id", accountId, "twelve digits");
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw wrong("--access-key-id", accessKeyId ?? "", "a key given together with --secret-access-key");
  const { FakeAws, seedAws } = await import("../../fakes/aws/index.ts");
  await using aws = await new FakeAws({
    ...commonParts(flags, new RealClock()),
    accountId,
    ...(accessKeyId !== undefined && secretAccessKey !== undefined && { ownerKey: { accessKeyId, secretAccessKey } }),
  }).start();
  if (flags.seed !== undefined) await seedAws(aws.admin, await readSeed(flags.seed));
  return await announceAndServe({ url: aws.url, accountId, ...aws.ownerKey });
}

import { join } from "node:path";
import type { Command } from "commander";
import { makeFolders, RealClock } from "../../core/index.ts";
import type { DefineCommand } from "../define-command.ts";
import {
  addCommonFlags,
  announceAndServe,
  type CommonFlags,
  commonParts,
  readSeed,
  readText,
  writeText,
} from "./options.ts";

type GcpFlags = CommonFlags & {
  readonly rootToken?: string;
  readonly tlsDir?: string;
  readonly region: readonly string[];
  readonly issuerCa?: string;
};

/** Names that a certificate is made for, besides those of regions. */
const NAMES = ["localhost", "*.googleapis.com", "metadata.google.internal"];

/** `mountproof fake gcp` */
export function defineFakeGcp(command: Command, finish: Parameters<DefineCommand>[1]): void {
  addCommonFlags(command.command("gcp"), 8085, "projects, clusters, providers, serviceAccounts, secrets, parameters …")
    .description("Google: token exchange, IAM Credentials, Secret Manager, Parameter Manager, metadata; gRPC and HTTP")
    .option("--root-token <token>", "an access token that may do all; drawn when left out")
    .option("--tls-dir <folder>", "serve TLS by an authority of its own, and put its certificate there as ca.crt")
    .option("--region <name>", "a region whose host names the certificate bears, too", gather, ["us-central1"])
    .option("--issuer-ca <file>", "PEM of who issued the certificates of the clusters' issuers")
    .addHelpText(
      "after",
      "\nPrints one line of JSON when it serves: url and rootToken. The control API is at /_mountproof/. Without\n" +
        "--tls-dir it speaks plain HTTP/1.1 and HTTP/2.",
    )
    .action(async (flags: GcpFlags) => finish(await runFakeGcp(flags)));
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

async function runFakeGcp(flags: GcpFlags): Promise<number> {
  const { FakeGcp } = await import("../../fakes/gcp/index.ts");
  const clock = new RealClock();
  const tls = flags.tlsDir === undefined ? undefined : await certificate(flags.tlsDir, flags.region, clock);
  await using google = await new FakeGcp({
    ...commonParts(flags, clock),
    ...(tls !== undefined && { tls }),
    ...(flags.issuerCa !== undefined && { issuerCaPem: await readText("--issuer-ca", flags.issuerCa) }),
    ...(flags.rootToken !== undefined && { rootToken: flags.rootToken }),
  }).start();
  if (flags.seed !== undefined) google.seed((await readSeed(flags.seed)) as never); // checked when it is filled in
  return await announceAndServe({ url: google.url, rootToken: google.rootToken });
}

async function certificate(folder: string, regions: readonly string[], clock: RealClock) {
  const { createCertificateAuthority } = await import("../../net/ca.ts");
  const authority = await createCertificateAuthority({ clock, commonName: "mountproof fake gcp" });
  await makeFolders(folder).catch(() => {}); // told when its file is written
  await writeText("--tls-dir", join(folder, "ca.crt"), authority.certPem);
  return await authority.issue({
    commonName: "googleapis.com",
    dnsNames: [...NAMES, ...regions.map((region) => `*.${region}.rep.googleapis.com`)],
    ipAddresses: ["127.0.0.1"],
  });
}

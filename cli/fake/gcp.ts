import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { makeFolders, RealClock } from "../../core/index.ts";
import { Journal } from "../../net/journal.ts";
import type { DefineCommand } from "../define-command.ts";
import { untilStopped } from "../signals.ts";
import { KEPT_EXCHANGES, portOf, readSeed } from "./options.ts";

type GcpFlags = {
  readonly port: string;
  readonly host: string;
  readonly rootToken?: string;
  readonly seed?: string;
  readonly tlsDir?: string;
  readonly region: readonly string[];
  readonly issuerCa?: string;
};

/** Names that a certificate is made for, besides those of regions. */
const NAMES = ["localhost", "*.googleapis.com", "metadata.google.internal"];

/** `mountproof fake gcp` */
export function defineFakeGcp(command: Command, finish: Parameters<DefineCommand>[1]): void {
  command
    .command("gcp")
    .description("Google: token exchange, IAM Credentials, Secret Manager, Parameter Manager, metadata; gRPC and HTTP")
    .option("--port <number>", "port to listen on; 0 for any free one", "8085")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--root-token <token>", "an access token that may do all; drawn when left out")
    .option("--seed <file>", "YAML or JSON with projects, clusters, providers, serviceAccounts, secrets, parameters …")
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
  const { processDialer } = await import("../../net/process-dialer.ts");
  const clock = new RealClock();
  const tls = flags.tlsDir === undefined ? undefined : await certificate(flags.tlsDir, flags.region, clock);
  await using google = await new FakeGcp({
    clock,
    listen: { host: flags.host, port: portOf(flags.port) },
    control: true,
    dialer: processDialer(process.env),
    journal: new Journal(clock, { keep: KEPT_EXCHANGES }),
    ...(tls !== undefined && { tls }),
    ...(flags.issuerCa !== undefined && { issuerCaPem: await readFile(flags.issuerCa, "utf8") }),
    ...(flags.rootToken !== undefined && { rootToken: flags.rootToken }),
  }).start();
  if (flags.seed !== undefined) google.seed((await readSeed(flags.seed)) as never); // checked when it is filled in
  process.stdout.write(`${JSON.stringify({ url: google.url, rootToken: google.rootToken })}\n`);
  await untilStopped();
  return 0;
}

async function certificate(folder: string, regions: readonly string[], clock: RealClock) {
  const { createCertificateAuthority } = await import("../../net/ca.ts");
  const authority = await createCertificateAuthority({ clock, commonName: "mountproof fake gcp" });
  await makeFolders(folder);
  await writeFile(join(folder, "ca.crt"), authority.certPem);
  return await authority.issue({
    commonName: "googleapis.com",
    dnsNames: [...NAMES, ...regions.map((region) => `*.${region}.rep.googleapis.com`)],
    ipAddresses: ["127.0.0.1"],
  });
}

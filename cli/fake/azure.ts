import type { Command } from "commander";
import { RealClock } from "../../core/index.ts";
import type { DefineCommand } from "../define-command.ts";
import { wrong } from "../flag-values.ts";
import {
  addCommonFlags,
  announceAndServe,
  type CommonFlags,
  commonParts,
  portOf,
  readSeed,
  readText,
  writeText,
} from "./options.ts";

type AzureFlags = CommonFlags & {
  readonly metadataPort: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly caFile?: string;
  readonly issuerCa?: string;
};

const NAMES = ["localhost", "login.microsoftonline.com", "*.vault.azure.net"] as const;

/** `mountproof fake azure` */
export function defineFakeAzure(command: Command, finish: Parameters<DefineCommand>[1]): void {
  addCommonFlags(command.command("azure"), 8443, "tenants, vaults and podIdentities")
    .description("Azure: Entra ID, Key Vault over HTTPS, and the metadata service over HTTP")
    .option("--metadata-port <number>", "port of the metadata service; 0 for any free one", "0")
    .option("--tls-cert <file>", "certificate, PEM; one of an authority of its own when left out")
    .option("--tls-key <file>", "its key, PEM")
    .option("--ca-file <file>", "where to write that authority's certificate")
    .option("--issuer-ca <file>", "CA of the clusters' issuers, PEM")
    .addHelpText(
      "after",
      "\nPrints one line of JSON when it serves: url, metadataUrl and, where it made one, the CA's certificate. Clients\n" +
        "meet it under Azure's host names, or by its address where there is one vault: authority host and vault URL are\n" +
        "then both its url. The control API is at /_mountproof/.",
    )
    .action(async (flags: AzureFlags) => finish(await runFakeAzure(flags)));
}

async function runFakeAzure(flags: AzureFlags): Promise<number> {
  const { host, issuerCa } = flags;
  const metadataPort = portOf(flags.metadataPort, "--metadata-port");
  if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined))
    throw wrong("--tls-cert", flags.tlsCert ?? "", "a certificate given together with --tls-key");
  const { FakeAzure, seedAzure } = await import("../../fakes/azure/index.ts");
  const { createCertificateAuthority } = await import("../../net/ca.ts");
  const clock = new RealClock();
  let caPem: string | undefined;
  let tls: { readonly certPem: string; readonly keyPem: string };
  if (flags.tlsCert !== undefined && flags.tlsKey !== undefined) {
    tls = { certPem: await readText("--tls-cert", flags.tlsCert), keyPem: await readText("--tls-key", flags.tlsKey) };
  } else {
    const authority = await createCertificateAuthority({ clock, commonName: "mountproof fake azure" });
    caPem = authority.certPem;
    tls = await authority.issue({ commonName: "azure", dnsNames: NAMES, ipAddresses: ["127.0.0.1"] });
  }
  if (flags.caFile !== undefined) {
    if (caPem === undefined) throw wrong("--ca-file", flags.caFile, "given without --tls-cert");
    await writeText("--ca-file", flags.caFile, caPem);
  }
  await using azure = await new FakeAzure({
    ...commonParts(flags, clock),
    tls,
    metadataListen: { host, port: metadataPort },
    ...(issuerCa !== undefined && { issuerCaPem: await readText("--issuer-ca", issuerCa) }),
  }).start();
  if (flags.seed !== undefined) await seedAzure(azure.state, await readSeed(flags.seed));
  return await announceAndServe({
    url: azure.url,
    metadataUrl: azure.metadata.url,
    ...(caPem !== undefined && { caPem }),
  });
}

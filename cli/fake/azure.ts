import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { RealClock } from "../../core/index.ts";
import { Journal } from "../../net/journal.ts";
import type { DefineCommand } from "../define-command.ts";
import { untilStopped } from "../signals.ts";
import { KEPT_EXCHANGES, portOf, readSeed, wrong } from "./options.ts";

type AzureFlags = {
  readonly port: string;
  readonly metadataPort: string;
  readonly host: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly caFile?: string;
  readonly issuerCa?: string;
  readonly seed?: string;
};

const NAMES = ["localhost", "login.microsoftonline.com", "*.vault.azure.net"] as const;

/** `mountproof fake azure` */
export function defineFakeAzure(command: Command, finish: Parameters<DefineCommand>[1]): void {
  command
    .command("azure")
    .description("Azure: Entra ID, Key Vault over HTTPS, and the metadata service over HTTP")
    .option("--port <number>", "port of Entra ID and the vaults; 0 for any free one", "8443")
    .option("--metadata-port <number>", "port of the metadata service; 0 for any free one", "0")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--tls-cert <file>", "certificate, PEM; one of an authority of its own when left out")
    .option("--tls-key <file>", "its key, PEM")
    .option("--ca-file <file>", "where to write that authority's certificate")
    .option("--issuer-ca <file>", "CA of the clusters' issuers, PEM")
    .option("--seed <file>", "YAML or JSON with tenants, vaults and podIdentities")
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
  const [port, metadataPort] = [portOf(flags.port), portOf(flags.metadataPort)];
  if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined))
    throw wrong("--tls-cert", flags.tlsCert ?? "", "a certificate given together with --tls-key");
  const { FakeAzure, seedAzure } = await import("../../fakes/azure/index.ts");
  const { createCertificateAuthority } = await import("../../net/ca.ts");
  const { processDialer } = await import("../../net/process-dialer.ts");
  const clock = new RealClock();
  let caPem: string | undefined;
  let tls: { readonly certPem: string; readonly keyPem: string };
  if (flags.tlsCert !== undefined && flags.tlsKey !== undefined) {
    tls = { certPem: await pem("--tls-cert", flags.tlsCert), keyPem: await pem("--tls-key", flags.tlsKey) };
  } else {
    const authority = await createCertificateAuthority({ clock, commonName: "mountproof fake azure" });
    caPem = authority.certPem;
    tls = await authority.issue({ commonName: "azure", dnsNames: NAMES, ipAddresses: ["127.0.0.1"] });
  }
  if (flags.caFile !== undefined) {
    if (caPem === undefined) throw wrong("--ca-file", flags.caFile, "given without --tls-cert");
    await writeFile(flags.caFile, caPem);
  }
  await using azure = await new FakeAzure({
    clock,
    tls,
    listen: { host, port },
    metadataListen: { host, port: metadataPort },
    control: true,
    dialer: processDialer(process.env),
    journal: new Journal(clock, { keep: KEPT_EXCHANGES }),
    ...(issuerCa !== undefined && { issuerCaPem: await pem("--issuer-ca", issuerCa) }),
  }).start();
  if (flags.seed !== undefined) await seedAzure(azure.state, await readSeed(flags.seed));
  process.stdout.write(
    `${JSON.stringify({ url: azure.url, metadataUrl: azure.metadata.url, ...(caPem !== undefined && { caPem }) })}\n`,
  );
  await untilStopped();
  return 0;
}

async function pem(option: string, path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => {
    throw wrong(option, path, "a file that can be read");
  });
}

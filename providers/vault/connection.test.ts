import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningFakeVault } from "../../fakes/vault/index.ts";
import { createCertificateAuthority, startHttpServer } from "../../net/index.ts";
import { CANARY, clock, countCalls, PodRig } from "./testing/pod-rig.ts";

// Expected texts are those of the real provider, recorded as VT-59 to VT-61.
const FAILED = "error making mount request: ";
const REFUSED = `${FAILED}couldn't read secret "f": failed to login: `;
const UNKNOWN_AUTHORITY = "tls: failed to verify certificate: x509: certificate signed by unknown authority";

let rig: PodRig;
let vault: RunningFakeVault;
let named: RunningFakeVault;
let elsewhere: RunningFakeVault;
let plain: RunningFakeVault;
let caPem: string;
let ca: string;
let otherCa: string;
let clientCert: string;
let clientKey: string;
beforeAll(async () => {
  rig = await PodRig.start();
  const authority = await createCertificateAuthority({ clock });
  const other = await createCertificateAuthority({ clock, commonName: "somebody else" });
  caPem = authority.certPem;
  ca = await rig.file("ca.crt", caPem);
  otherCa = await rig.file("wrongca.crt", other.certPem);
  const client = await authority.issue({ commonName: "provider", usages: ["client"] });
  clientCert = await rig.file("cli.crt", client.certPem);
  clientKey = await rig.file("cli.key", client.keyPem);
  await mkdir(join(rig.folder, "cadir"));
  await mkdir(join(rig.folder, "baddir"));
  await rig.file("cadir/a.crt", other.certPem);
  await rig.file("cadir/b.crt", caPem);
  await rig.file("bad.pem", "no certificate");
  await rig.file("baddir/bad.pem", "no certificate");
  vault = await rig.vault({ tls: await authority.issue({ commonName: "vault", ipAddresses: ["127.0.0.1"] }) });
  named = await rig.vault({ tls: await authority.issue({ commonName: "vault", dnsNames: ["vault.example"] }) });
  const addresses = ["127.0.0.2", "127.0.0.3"];
  elsewhere = await rig.vault({ tls: await authority.issue({ commonName: "vault", ipAddresses: addresses }) });
  plain = await rig.vault();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** One mount by a provider of its own. */
async function outcome(
  parameters: Readonly<Record<string, string>>,
  spec: Parameters<PodRig["provider"]>[0] = {},
): Promise<string> {
  return await rig.outcome(rig.provider(spec), { vaultAddress: vault.url, ...parameters });
}
const file = (name: string): string => join(rig.folder, name);
const unknownAuthority = (): string => `${REFUSED}Post "${vault.url}/v1/auth/kubernetes/login": ${UNKNOWN_AUTHORITY}`;

describe("Vault's certificate", () => {
  test("is trusted when the given file holds its CA", async () => {
    expect(vault.url).toMatch(/^https:/);
    expect(await outcome({ vaultCACertPath: ca })).toBe(CANARY);
  });

  test("is trusted when one of the files in the given folder holds its CA", async () => {
    expect(await outcome({ vaultCADirectory: file("cadir") })).toBe(CANARY);
  });

  test("is refused when the given CA is another one, before the token is sent", async () => {
    const mark = vault.journal.mark();
    expect(await outcome({ vaultCACertPath: otherCa })).toBe(unknownAuthority());
    expect(countCalls(vault, mark)).toEqual({ logins: 0, reads: 0 });
  });

  test("is refused when no CA is given and the system does not know it", async () => {
    expect(await outcome({})).toBe(unknownAuthority());
  });

  test("is not looked at with vaultSkipTLSVerify", async () => {
    expect(await outcome({ vaultSkipTLSVerify: "true" })).toBe(CANARY);
  });

  test("that bears another name is refused, and taken under the name of vaultTLSServerName", async () => {
    expect(await outcome({ vaultAddress: named.url, vaultCACertPath: ca })).toBe(
      `${REFUSED}Post "${named.url}/v1/auth/kubernetes/login": tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs`,
    );
    expect(await outcome({ vaultAddress: named.url, vaultCACertPath: ca, vaultTLSServerName: "vault.example" })).toBe(
      CANARY,
    );
  });

  test("that bears other names of the asked kind is refused with them, as Go's x509 tells it", async () => {
    const refusal = (url: string, text: string): string =>
      `${REFUSED}Post "${url}/v1/auth/kubernetes/login": tls: failed to verify certificate: x509: ${text}`;
    const wrong = { vaultCACertPath: ca, vaultTLSServerName: "other.example" };
    expect(await outcome({ vaultAddress: named.url, ...wrong })).toBe(
      refusal(named.url, "certificate is valid for vault.example, not other.example"),
    );
    expect(await outcome(wrong)).toBe(
      refusal(vault.url, "certificate is not valid for any names, but wanted to match other.example"),
    );
    expect(await outcome({ vaultAddress: elsewhere.url, vaultCACertPath: ca })).toBe(
      refusal(elsewhere.url, "certificate is valid for 127.0.0.2, 127.0.0.3, not 127.0.0.1"),
    );
  });
});

describe("files of CAs", () => {
  test.each([
    ["a missing file", "vaultCACertPath", "none.crt", "Error loading CA File: open <>: no such file or directory"],
    ["a file without PEM", "vaultCACertPath", "bad.pem", "Error loading CA File: Couldn't parse PEM in: <>"],
    ["a folder with rubbish", "vaultCADirectory", "baddir", "Error loading CA Path: Couldn't parse PEM in: <>/bad.pem"],
    ["a missing folder", "vaultCADirectory", "nodir", "lstat <>: no such file or directory"],
  ])("%s fails the mount in the real provider's words", async (_what, parameter, name, text) => {
    expect(await outcome({ [parameter]: file(name) })).toBe(`${FAILED}${text.replace("<>", file(name))}`);
  });

  test("a file wins over a folder, which is then not read", async () => {
    expect(await outcome({ vaultCACertPath: ca, vaultCADirectory: file("baddir") })).toBe(CANARY);
  });

  test("come from the flag too, and the parameter wins over it", async () => {
    const tls = { caCertPath: ca };
    expect(await outcome({}, { tls })).toBe(CANARY);
    expect(await outcome({ vaultCACertPath: otherCa }, { tls })).toBe(unknownAuthority());
  });

  test("come from VAULT_CACERT, which is read even for plain HTTP", async () => {
    expect(await outcome({}, { environment: { VAULT_CACERT: ca } })).toBe(CANARY);
    expect(await outcome({ vaultAddress: plain.url }, { environment: { VAULT_CACERT: file("none.crt") } })).toBe(
      `${FAILED}Error loading CA File: open ${file("none.crt")}: no such file or directory`,
    );
  });
});

describe("skipping the check by flag or variable", () => {
  test.each([
    ["the flag", { tls: { skipVerify: true } }],
    ["VAULT_SKIP_VERIFY", { environment: { VAULT_SKIP_VERIFY: "true" } }],
  ])("%s is not undone by a parameter of false", async (_what, spec) => {
    expect(await outcome({ vaultSkipTLSVerify: "false" }, spec)).toBe(CANARY);
  });
});

describe("a client certificate", () => {
  test.each([
    ["without key", () => ({ vaultTLSClientCertPath: clientCert })],
    ["key without certificate", () => ({ vaultTLSClientKeyPath: clientKey })],
  ])("%s is refused", async (_what, parameters) => {
    expect(await outcome({ vaultCACertPath: ca, ...parameters() })).toBe(
      `${FAILED}both client cert and client key must be provided`,
    );
  });

  test("whose file is missing fails the mount", async () => {
    const parameters = { vaultTLSClientCertPath: file("nocli.crt"), vaultTLSClientKeyPath: clientKey };
    expect(await outcome({ vaultCACertPath: ca, ...parameters })).toBe(
      `${FAILED}open ${file("nocli.crt")}: no such file or directory`,
    );
  });

  test("is no hindrance to plain HTTP", async () => {
    const parameters = { vaultTLSClientCertPath: clientCert, vaultTLSClientKeyPath: clientKey };
    expect(await outcome({ vaultAddress: plain.url, ...parameters })).toBe(CANARY);
  });

  test("is shown to a server that asks for one", async () => {
    const authority = await createCertificateAuthority({ clock });
    const client = await authority.issue({ commonName: "the provider", usages: ["client"] });
    const server = await authority.issue({ commonName: "vault", ipAddresses: ["127.0.0.1"] });
    const shown: (string | undefined)[] = [];
    await using asking = await startHttpServer({
      clock,
      name: "asking",
      tls: { ...server, clientCaPem: authority.certPem },
      handler: (exchange) => {
        shown.push(exchange.clientCertificate?.commonName);
        exchange.json(403, { errors: ["permission denied"] });
      },
    });
    await outcome({
      vaultAddress: asking.url,
      vaultCACertPath: await rig.file("asking.crt", authority.certPem),
      vaultTLSClientCertPath: await rig.file("asking-cli.crt", client.certPem),
      vaultTLSClientKeyPath: await rig.file("asking-cli.key", client.keyPem),
    });
    expect(shown).toEqual(["the provider"]);
  });
});

describe("an address of a Unix socket", () => {
  test("reaches the Vault that listens there", async () => {
    const path = file("v.sock");
    const local = await rig.vault({ listen: { path } });
    expect(await outcome({ vaultAddress: `unix://${path}` })).toBe(CANARY);
    expect(countCalls(local)).toEqual({ logins: 1, reads: 1 });
  });

  test("without a socket fails and names the path", async () => {
    expect(await outcome({ vaultAddress: `unix://${file("none.sock")}` })).toBe(
      `${REFUSED}Post "http://localhost/v1/auth/kubernetes/login": dial unix ${file("none.sock")}: connect: no such file or directory`,
    );
  });
});

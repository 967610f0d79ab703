import { ClientAssertionCredential, ClientSecretCredential } from "@azure/identity";
import { CertificateClient } from "@azure/keyvault-certificates";
import { KeyClient } from "@azure/keyvault-keys";
import { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCertificateAuthority } from "../../net/index.ts";
import { AzureRig, TENANT } from "./testing/rig.ts";

let rig: AzureRig;
beforeAll(async () => {
  rig = await AzureRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** By address, as a program meets a fake that runs alone; certificate checks stay on. */
function parts() {
  const tls = { tlsOptions: { ca: rig.caPem }, retryOptions: { maxRetries: 0 } };
  const identity = { ...tls, authorityHost: rig.azure.url, disableInstanceDiscovery: true };
  return { tls: { ...tls, disableChallengeResourceVerification: true }, identity };
}

const withSecret = (): ClientSecretCredential => new ClientSecretCredential(TENANT, "app", "s3cret", parts().identity);

describe("the official SDKs, unmodified", () => {
  test("workload identity: a ServiceAccount token becomes a secret's value", async () => {
    const { tls, identity } = parts();
    const credential = new ClientAssertionCredential(TENANT, "app", async () => rig.assertion(), identity);
    const secrets = new SecretClient(rig.azure.url, credential, tls);
    expect((await secrets.getSecret("db")).value).toBe("pw");
  });

  test("workload identity with another ServiceAccount fails with Entra ID's number", async () => {
    const { tls, identity } = parts();
    const credential = new ClientAssertionCredential(TENANT, "app", async () => rig.assertion({ sub: "x" }), identity);
    const secrets = new SecretClient(rig.azure.url, credential, tls);
    await expect(secrets.getSecret("db")).rejects.toThrow(/AADSTS700213/);
  });

  test("secrets: set, read, list versions, disable, delete, recover", async () => {
    const secrets = new SecretClient(rig.azure.url, withSecret(), parts().tls);
    await secrets.setSecret("sdk", "one");
    const second = await secrets.setSecret("sdk", "two", { contentType: "text/plain", tags: { a: "b" } });
    expect(second.properties).toMatchObject({ contentType: "text/plain", tags: { a: "b" } });
    const versions: string[] = [];
    for await (const { version = "" } of secrets.listPropertiesOfSecretVersions("sdk")) versions.push(version);
    expect(versions.length).toBe(2);
    expect((await secrets.getSecret("sdk", { version: versions[0] ?? "" })).value).toBe("one");
    await secrets.updateSecretProperties("sdk", second.properties.version ?? "", { enabled: false });
    await expect(secrets.getSecret("sdk")).rejects.toMatchObject({ statusCode: 403, code: "Forbidden" });
    await expect(secrets.getSecret("nope")).rejects.toMatchObject({ statusCode: 404, code: "SecretNotFound" });
    await (await secrets.beginDeleteSecret("sdk")).pollUntilDone();
    await (await secrets.beginRecoverDeletedSecret("sdk")).pollUntilDone();
  });

  test("secrets: lists come page by page, deleted ones are seen, purged and forgotten", async () => {
    const secrets = new SecretClient(rig.azure.url, withSecret(), parts().tls);
    const made = ["page-a", "page-b", "page-c"];
    for (const name of made) await secrets.setSecret(name, `value of ${name}`);
    const pages: string[][] = [];
    for await (const page of secrets.listPropertiesOfSecrets().byPage({ maxPageSize: 2 }))
      pages.push(page.map(({ name }) => name));
    expect(pages.every(({ length }) => length <= 2)).toBe(true);
    expect(pages.flat()).toEqual(expect.arrayContaining(made));
    for (const name of made) await (await secrets.beginDeleteSecret(name)).pollUntilDone();
    const deleted: string[] = [];
    for await (const page of secrets.listDeletedSecrets().byPage({ maxPageSize: 1 })) {
      expect(page).toHaveLength(1);
      deleted.push(...page.map(({ name }) => name));
    }
    expect(deleted).toEqual(expect.arrayContaining(made));
    expect((await secrets.getDeletedSecret("page-a")).recoveryId).toContain("/deletedsecrets/page-a");
    await expect(secrets.setSecret("page-a", "again")).rejects.toMatchObject({ statusCode: 409, code: "Conflict" });
    await secrets.purgeDeletedSecret("page-a");
    await expect(secrets.getDeletedSecret("page-a")).rejects.toMatchObject({ statusCode: 404, code: "SecretNotFound" });
    expect((await secrets.setSecret("page-a", "again")).value).toBe("again");
  });

  test("secrets: what is updated is there, and what is left out stays", async () => {
    const secrets = new SecretClient(rig.azure.url, withSecret(), parts().tls);
    const { properties } = await secrets.setSecret("changing", "one", { tags: { a: "b" } });
    const version = properties.version ?? "";
    const expiresOn = new Date(Math.floor(rig.clock.now() / 1000) * 1000 + 60_000);
    await secrets.updateSecretProperties("changing", version, { contentType: "application/json", expiresOn });
    const { value, properties: now } = await secrets.getSecret("changing");
    expect(value).toBe("one");
    expect(now).toMatchObject({ contentType: "application/json", tags: { a: "b" }, expiresOn, version });
  });

  test("secrets: a backup comes back with all its versions, once its name is free", async () => {
    const secrets = new SecretClient(rig.azure.url, withSecret(), parts().tls);
    const first = await secrets.setSecret("kept", "one");
    await secrets.setSecret("kept", "two");
    const backup = (await secrets.backupSecret("kept")) ?? new Uint8Array();
    await expect(secrets.restoreSecretBackup(backup)).rejects.toMatchObject({ statusCode: 409 });
    await secrets.setSecret("kept", "three");
    await (await secrets.beginDeleteSecret("kept")).pollUntilDone();
    await expect(secrets.restoreSecretBackup(backup)).rejects.toMatchObject({ statusCode: 409 });
    await secrets.purgeDeletedSecret("kept");
    expect((await secrets.restoreSecretBackup(backup)).name).toBe("kept");
    expect((await secrets.getSecret("kept")).value).toBe("two");
    expect((await secrets.getSecret("kept", { version: first.properties.version ?? "" })).value).toBe("one");
    await expect(secrets.restoreSecretBackup(new Uint8Array([1, 2]))).rejects.toMatchObject({
      statusCode: 400,
      code: "BadParameter",
    });
  });

  test("what is not there is refused in Key Vault's shape", async () => {
    const keys = new KeyClient(rig.azure.url, withSecret(), parts().tls);
    const { properties } = await keys.createEcKey("fixed", { curve: "P-256" });
    await expect(
      keys.updateKeyProperties("fixed", properties.version ?? "", { keyOps: ["sign"] }),
    ).rejects.toMatchObject({ statusCode: 501, code: "NotImplemented" });
    await expect(keys.rotateKey("fixed")).rejects.toMatchObject({ statusCode: 501, code: "NotImplemented" });
    await expect(keys.getRandomBytes(8)).rejects.toMatchObject({ statusCode: 501, code: "NotImplemented" });
  });

  test("keys and certificates: lists, versions, backup", async () => {
    const keys = new KeyClient(rig.azure.url, withSecret(), parts().tls);
    await keys.createEcKey("listed", { curve: "P-256" });
    await keys.createEcKey("listed", { curve: "P-384" });
    const curves: (string | undefined)[] = [];
    for await (const { version } of keys.listPropertiesOfKeyVersions("listed"))
      curves.push((await keys.getKey("listed", version === undefined ? {} : { version })).key?.crv);
    expect(curves).toEqual(["P-256", "P-384"]);
    const certificates = new CertificateClient(rig.azure.url, withSecret(), parts().tls);
    const root = await createCertificateAuthority({ clock: rig.clock });
    const leaf = await root.issue({ commonName: "backed.example" });
    await certificates.importCertificate("backed", Buffer.from(`${leaf.keyPem}${leaf.certPem}`), {
      policy: { contentType: "application/x-pem-file", issuerName: "Unknown", subject: "CN=backed.example" },
    });
    const backup = (await certificates.backupCertificate("backed")) ?? new Uint8Array();
    await (await certificates.beginDeleteCertificate("backed")).pollUntilDone();
    await certificates.purgeDeletedCertificate("backed");
    // The key and the secret behind a certificate go and come with it.
    const secrets = new SecretClient(rig.azure.url, withSecret(), parts().tls);
    await expect(keys.getKey("backed")).rejects.toMatchObject({ statusCode: 404 });
    await expect(secrets.getSecret("backed")).rejects.toMatchObject({ statusCode: 404 });
    await certificates.restoreCertificateBackup(backup);
    expect((await secrets.getSecret("backed")).value).toContain("-----BEGIN CERTIFICATE-----");
    expect((await certificates.getCertificate("backed")).cer?.length).toBeGreaterThan(100);
  });

  test("keys: create and read", async () => {
    const keys = new KeyClient(rig.azure.url, withSecret(), parts().tls);
    await keys.createEcKey("ec", { curve: "P-256" });
    expect((await keys.getKey("ec")).key?.crv).toBe("P-256");
  });

  test("certificates: import, read, and the secret behind", async () => {
    const certificates = new CertificateClient(rig.azure.url, withSecret(), parts().tls);
    const root = await createCertificateAuthority({ clock: rig.clock });
    const leaf = await root.issue({ commonName: "sdk.example" });
    await certificates.importCertificate("cert", Buffer.from(`${leaf.keyPem}${leaf.certPem}`), {
      policy: { contentType: "application/x-pem-file", issuerName: "Unknown", subject: "CN=sdk.example" },
    });
    const found = await certificates.getCertificate("cert");
    expect(found.cer?.length).toBeGreaterThan(100);
    const secrets = new SecretClient(rig.azure.url, withSecret(), parts().tls);
    expect((await secrets.getSecret("cert")).value).toContain("-----BEGIN CERTIFICATE-----");
  });

  test("throttling reaches the SDK as it comes", async () => {
    using _fault = rig.azure.faults.add({
      match: { path: "/secrets/*" },
      effect: { kind: "status", status: 429, headers: { "retry-after": "1" }, body: "{}" },
    });
    const secrets = new SecretClient(rig.azure.url, withSecret(), parts().tls);
    await expect(secrets.getSecret("db")).rejects.toMatchObject({ statusCode: 429 });
  });
});

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

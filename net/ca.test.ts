import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { RealClock } from "../core/index.ts";
import { keyMatches } from "./ca.ts";
import { createCertificateAuthority } from "./index.ts";

const clock = new RealClock();

test("a CA issues certificates that OpenSSL's parser and TLS accept", async () => {
  const ca = await createCertificateAuthority({ clock });
  const leaf = await ca.issue({
    commonName: "vault",
    dnsNames: ["vault.vault.svc"],
    ipAddresses: ["127.0.0.1", "::1"],
  });
  const parsed = new X509Certificate(leaf.certPem);
  const root = new X509Certificate(ca.certPem);
  expect(parsed.checkIssued(root)).toBe(true);
  expect(parsed.verify(root.publicKey)).toBe(true);
  expect(parsed.subjectAltName).toBe("DNS:vault.vault.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
  expect(root.ca).toBe(true);
  expect(parsed.ca).toBe(false);
});

test("another reader of X.509 sees the same certificate", async () => {
  await import("reflect-metadata"); // @peculiar/x509 asks for it first
  const x509 = await import("@peculiar/x509");
  const ca = await createCertificateAuthority({ clock, commonName: "run" });
  const notAfter = Date.UTC(2051, 0, 2, 3, 4, 5);
  const leaf = await ca.issue({
    commonName: "system:node:node-0",
    organizations: ["system:nodes", "système"],
    dnsNames: ["a.b.svc"],
    ipAddresses: ["10.0.0.1", "fe80::1"],
    usages: ["client"],
    notAfter,
  });
  const seen = new x509.X509Certificate(leaf.certPem);
  const root = new x509.X509Certificate(ca.certPem);
  expect(seen.subject).toBe("O=system:nodes, O=système, CN=system:node:node-0");
  expect(seen.issuer).toBe("CN=run");
  expect(seen.notAfter.getTime()).toBe(notAfter);
  expect(await seen.verify({ publicKey: root.publicKey })).toBe(true);
  expect(seen.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
    { type: "dns", value: "a.b.svc" },
    { type: "ip", value: "10.0.0.1" },
    { type: "ip", value: "fe80::1" },
  ]);
  expect(seen.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual([x509.ExtendedKeyUsage.clientAuth]);
  expect(seen.getExtension(x509.KeyUsagesExtension)?.usages).toBe(x509.KeyUsageFlags.digitalSignature);
  expect(root.getExtension(x509.KeyUsagesExtension)?.usages).toBe(
    x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
  );
  expect(root.getExtension(x509.BasicConstraintsExtension)?.ca).toBe(true);
  expect(seen.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(
    root.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
  );
});

test("a key that is not the certificate's is told apart", async () => {
  const ca = await createCertificateAuthority({ clock });
  const [one, two] = [await ca.issue({ commonName: "one" }), await ca.issue({ commonName: "two" })];
  const { publicKey } = new X509Certificate(one.certPem);
  expect([keyMatches(publicKey, one.keyPem), keyMatches(publicKey, two.keyPem)]).toEqual([true, false]);
});

test("what is no address is refused", async () => {
  const ca = await createCertificateAuthority({ clock });
  await expect(ca.issue({ commonName: "x", ipAddresses: ["vault.svc"] })).rejects.toThrow("not an IP address");
});

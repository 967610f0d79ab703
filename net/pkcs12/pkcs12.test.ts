import { execFileSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { RealClock } from "../../core/index.ts";
import { createCertificateAuthority } from "../ca.ts";
import { readPfx, writePfx } from "./index.ts";

const clock = new RealClock();
const der = (pem: string): Buffer => new X509Certificate(pem).raw;

async function material() {
  const root = await createCertificateAuthority({ clock, commonName: "root" });
  const middle = await root.subordinate("middle");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const leaf = await middle.issue({ commonName: "leaf", key: privateKey });
  return { root, middle, leaf, key: privateKey.export({ type: "pkcs8", format: "der" }) };
}

test("what was written is read back, in both dialects", async () => {
  const { root, middle, leaf, key } = await material();
  const content = { keys: [key], certificates: [leaf, root, middle].map(({ certPem }) => der(certPem)) };
  const pfx = writePfx(content);
  expect(readPfx(pfx, "classic")).toEqual(content);
  expect(readPfx(pfx, "any")).toEqual(content);
});

test("a chain over an authority below another one holds", async () => {
  const { root, middle, leaf } = await material();
  const [top, between, end] = [root, middle, leaf].map(({ certPem }) => new X509Certificate(certPem));
  expect(end?.checkIssued(between as X509Certificate)).toBe(true);
  expect(between?.checkIssued(top as X509Certificate)).toBe(true);
  expect(end?.verify((between as X509Certificate).publicKey)).toBe(true);
});

test("OpenSSL's own files are read: classic ones in both dialects, modern ones in `any` alone", async ({ skip }) => {
  const { root, leaf, key } = await material();
  const pem = `${leaf.keyPem}${leaf.certPem}${root.certPem}`;
  const made = (...options: string[]): Buffer | undefined => {
    try {
      return execFileSync("openssl", ["pkcs12", "-export", "-passout", "pass:", ...options], { input: pem });
    } catch {
      return undefined;
    }
  };
  const modern = made();
  if (modern === undefined) return skip("openssl is not installed");
  expect(readPfx(modern, "any")).toEqual({
    keys: [key],
    certificates: [leaf, root].map(({ certPem }) => der(certPem)),
  });
  expect(() => readPfx(modern, "classic")).toThrow("pkcs12: unknown digest algorithm: 2.16.840.1.101.3.4.2.1");
  const classic = made("-legacy", "-macalg", "sha1");
  if (classic !== undefined) expect(readPfx(classic, "classic").certificates.length).toBe(2);
});

test("another password, and what is no PFX, are refused", async () => {
  const { leaf, key } = await material();
  const pfx = writePfx({ keys: [key], certificates: [der(leaf.certPem)] });
  pfx[pfx.length - 10] = (pfx[pfx.length - 10] ?? 0) ^ 1; // in the MAC's salt
  expect(() => readPfx(pfx, "any")).toThrow("pkcs12: decryption password incorrect");
  expect(() => readPfx(Buffer.from("hello"), "any")).toThrow(/^pkcs12: error reading P12 data: /);
});

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesOf } from "../../behaviour.ts";
import { certificatePart } from "./index.ts";
import { pemBlocks, pemText } from "./pem.ts";

// Made with OpenSSL 3.0 for this test alone; the PFX files have no password but for password.pfx.
const FILES = JSON.parse(readFileSync(new URL("./fixtures/certificates.json", import.meta.url), "utf8")) as Record<
  string,
  string
>;
const text = (...names: string[]): Buffer => Buffer.from(names.map((name) => FILES[name]).join(""));
const pfx = (name: string): Buffer => Buffer.from(FILES[name] ?? "", "base64");
const hardened = rulesOf("hardened");
const upstream = rulesOf("upstream-1.6");
const EMPTY = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n";
const subjects = (pem: string): string[] =>
  pemBlocks(Buffer.from(pem)).map(({ der }) => new X509Certificate(der).subject);
const refusal = async (work: Promise<string>): Promise<string> =>
  work.then(
    () => "no refusal",
    (error: Error) => error.message,
  );

describe.each([
  ["hardened", hardened],
  ["upstream-1.6", upstream],
])("a certificate file in %s", (_, rules) => {
  test("in one bundle gives the chain in its order, and the key apart", async () => {
    const bundle = text("rsa.key", "ec.crt", "rsa.crt");
    expect(subjects(await certificatePart(bundle, "tls.crt", rules))).toEqual(["CN=ec.test", "CN=rsa.test"]);
    expect(await certificatePart(bundle, "tls.key", rules)).toBe(FILES["rsa1.key"]);
  });

  test.each([
    ["rsa.key", "rsa1.key"],
    ["rsa1.key", "rsa1.key"],
    ["ec.key", "ec1.key"],
    ["ec1.key", "ec1.key"],
  ])("with the key %s gives it in its own form", async (from, to) => {
    expect(await certificatePart(text(from), "tls.key", rules)).toBe(FILES[to]);
  });

  test("with two keys gives the last", async () => {
    expect(await certificatePart(text("rsa.key", "ec.key"), "tls.key", rules)).toBe(FILES["ec1.key"]);
  });

  test("as PFX of the old form gives both", async () => {
    expect(subjects(await certificatePart(pfx("old.pfx"), "tls.crt", rules))).toEqual(["CN=rsa.test"]);
    expect(await certificatePart(pfx("old.pfx"), "tls.key", rules)).toBe(FILES["rsa1.key"]);
  });

  test("with a password, an Ed25519 key, or for another key is refused", async () => {
    const words = "pkcs12: decryption password incorrect";
    expect(await refusal(certificatePart(pfx("password.pfx"), "tls.crt", rules))).toBe(words);
    expect(await refusal(certificatePart(text("ed.key"), "tls.key", rules))).toMatch(/^unknown private key type found/);
    expect(await refusal(certificatePart(text("rsa.crt"), "ca.crt", rules))).toMatch(/^key 'ca.crt' is not supported/);
  });

  test("without any part of what is asked for is refused", async () => {
    const words = "pkcs12: error reading P12 data: asn1: syntax error: sequence truncated";
    expect(await refusal(certificatePart(text("rsa.crt"), "tls.key", rules))).toBe(words);
    expect(await refusal(certificatePart(text("rsa.key"), "tls.crt", rules))).toBe(words);
  });

  test("that is anything at all is refused or read, and never hangs", async () => {
    const mutated = fc.tuple(fc.nat(pfx("plain.pfx").length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = pfx("plain.pfx");
      copy[at] = byte;
      return copy;
    });
    const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated);
    await fc.assert(
      fc.asyncProperty(anything, async (data) => {
        for (const key of ["tls.crt", "tls.key"])
          expect(typeof (await certificatePart(data, key, rules).catch((error: Error) => error.message))).toBe(
            "string",
          );
      }),
      { numRuns: 60 },
    );
  });
});

describe("in hardened", () => {
  test.each(["new.pfx", "plain.pfx", "rc2-128.pfx"])("%s is read", async (name) => {
    expect(subjects(await certificatePart(pfx(name), "tls.crt", hardened))).toEqual(["CN=rsa.test"]);
    expect(await certificatePart(pfx(name), "tls.key", hardened)).toBe(FILES["rsa1.key"]);
  });

  test("a PFX with a chain gives it whole, as base64 text too, and without headers", async () => {
    for (const data of [pfx("ec-chain.pfx"), Buffer.from(FILES["ec-chain.pfx"] ?? "")]) {
      const chain = await certificatePart(data, "tls.crt", hardened);
      expect(subjects(chain).sort()).toEqual(["CN=ec.test", "CN=rsa.test"]);
      expect(chain).not.toMatch(/:/);
      expect(await certificatePart(data, "tls.key", hardened)).toBe(FILES["ec1.key"]);
    }
  });

  test.each(["rsa-enc8.key", "rsa-enc1.key"])("%s is refused instead of becoming an empty key", async (name) => {
    expect(await refusal(certificatePart(text(name), "tls.key", hardened))).toMatch(/^the private key cannot be read/);
  });

  test("curve parameters beside a key are no key", async () => {
    const key = await certificatePart(text("ec1.key", "ecp.pem"), "tls.key", hardened);
    expect(createPrivateKey(key).asymmetricKeyType).toBe("ec");
  });
});

describe("in upstream-1.6", () => {
  test.each(["rsa-enc8.key", "rsa-enc1.key"])("%s becomes an empty key", async (name) => {
    expect(await certificatePart(text(name), "tls.key", upstream)).toBe(EMPTY);
  });

  test("curve parameters after the key hide it", async () => {
    const [parameters = "", key = ""] = (FILES["ecp.pem"] ?? "").split(/(?<=END EC PARAMETERS-----\n)/);
    expect(await certificatePart(Buffer.from(key + parameters), "tls.key", upstream)).toBe(EMPTY);
  });

  test("what OpenSSL 3 writes is refused, and what is no PFX, in Go's words", async () => {
    expect(await refusal(certificatePart(pfx("new.pfx"), "tls.crt", upstream))).toBe(
      "pkcs12: unknown digest algorithm: 2.16.840.1.101.3.4.2.1",
    );
    expect(await refusal(certificatePart(Buffer.from("MIIM"), "tls.crt", upstream))).toBe(
      "pkcs12: error reading P12 data: asn1: structure error: tags don't match (16 vs {class:1 tag:13 length:73 " +
        "isCompound:false}) {optional:false explicit:false application:false private:false defaultValue:<nil> " +
        "tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} pfxPdu @2",
    );
  });

  test("certificates from a PFX carry its attributes as headers", async () => {
    expect(await certificatePart(pfx("old.pfx"), "tls.crt", upstream)).toMatch(
      /^-----BEGIN CERTIFICATE-----\nlocalKeyId: [0-9a-f]{40}\n\n/,
    );
  });
});

test("a block survives being written and read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const block = { label: "X", headers: [["a", "b"]] as const, der: Buffer.from(bytes) };
      expect(pemBlocks(Buffer.from(`noise\n${pemText(block)}noise`))).toEqual([block]);
    }),
  );
});

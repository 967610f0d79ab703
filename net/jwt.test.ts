import { createLocalJWKSet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { createSigningKey, decodeJwt, signJwt, verifySignature } from "./index.ts";

test("tokens are verified by signature and key id", async () => {
  const [key, other] = [await createSigningKey(), await createSigningKey()];
  const token = signJwt({ sub: "system:serviceaccount:a:b" }, key);
  expect(verifySignature(token, [other.jwk, key.jwk]).claims).toEqual({ sub: "system:serviceaccount:a:b" });
  expect(() => verifySignature(token, [other.jwk])).toThrow("no known key");
  expect(() =>
    verifySignature(signJwt({ sub: "x" }, { kid: key.kid, privateKey: other.privateKey }), [key.jwk]),
  ).toThrow("does not match");
  expect(() => verifySignature("abc", [key.jwk])).toThrow("not a JWT");
});

test("another reader of JWTs accepts token and key set", async () => {
  const key = await createSigningKey();
  const token = signJwt({ iss: "https://issuer", sub: "s", aud: ["vault"], exp: 4_102_444_800 }, key);
  const seen = await jwtVerify(token, createLocalJWKSet({ keys: [key.jwk] }), {
    issuer: "https://issuer",
    audience: "vault",
  });
  expect(seen.payload.sub).toBe("s");
  expect(seen.protectedHeader).toEqual({ alg: "RS256", kid: key.kid });
});

test.each(["", "a.b", "a.b.c.d", "!.!.!"])("%o is no JWT", (text) => {
  expect(() => decodeJwt(text)).toThrow("not a JWT");
});

test("an unsigned token is refused, whatever it says of itself", async () => {
  const key = await createSigningKey();
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  expect(() => verifySignature(`${part({ alg: "none" })}.${part({ sub: "admin" })}.`, [key])).toThrow("expected RS256");
});

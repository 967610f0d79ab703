import { afterAll, beforeAll, expect, test } from "vitest";
import { minutes, Scope, VirtualClock } from "../../core/index.ts";
import {
  createSigningKey,
  type RunningHttpServer,
  type SigningKey,
  signJwt,
  startHttpServer,
} from "../../net/index.ts";
import { IssuerKeys } from "./issuer-keys.ts";

const scope = new Scope("issuer keys");
const clock = new VirtualClock();
let keys: SigningKey[];
let published: SigningKey[];
let server: RunningHttpServer;
let asked = 0;

beforeAll(async () => {
  keys = await Promise.all([createSigningKey(), createSigningKey()]);
  published = keys.slice(0, 1);
  server = scope.use(
    await startHttpServer({
      clock,
      name: "issuer",
      handler: (exchange) => {
        asked++;
        exchange.json(
          200,
          exchange.path.endsWith("jwks")
            ? { keys: published.map(({ jwk }) => jwk) }
            : { jwks_uri: `${server.url}/jwks` },
        );
      },
    }),
  );
});

afterAll(() => scope[Symbol.asyncDispose]());

const tokenOf = (key: SigningKey, claims = {}): string => signJwt({ sub: "a", ...claims }, key);

test("finds keys by discovery, keeps them, and asks anew for a key it has not met and after an hour", async () => {
  await using issuers = new IssuerKeys({ clock });
  const [old, fresh] = keys as [SigningKey, SigningKey];
  const check = (key: SigningKey): Promise<unknown> => issuers.verify(server.url, tokenOf(key), key.kid);
  asked = 0;
  expect(await check(old)).toEqual({ sub: "a" });
  await check(old);
  expect(asked).toBe(2);
  published = [fresh];
  await check(fresh);
  expect(asked).toBe(4);
  await expect(check(old)).rejects.toMatchObject({ kind: "unknown_key" });
  await check(fresh);
  await clock.advance(minutes(61));
  asked = 0;
  await check(fresh);
  expect(asked).toBe(2);
});

test("a forged signature and an issuer that is not there are told apart", async () => {
  await using issuers = new IssuerKeys({ clock });
  const [, fresh] = keys as [SigningKey, SigningKey];
  const forged = signJwt({ sub: "a" }, { kid: fresh.kid, privateKey: (keys[0] as SigningKey).privateKey });
  await expect(issuers.verify(server.url, forged, fresh.kid)).rejects.toMatchObject({ kind: "bad_signature" });
  await expect(issuers.verify("https://nowhere.test", forged, fresh.kid)).rejects.toMatchObject({
    kind: "unreachable",
  });
});

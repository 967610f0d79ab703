import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scope, VirtualClock } from "../../../core/index.ts";
import { createSigningKey, type SigningKey, signJwt, startHttpServer } from "../../../net/index.ts";
import { TokenCheck, TokenRefused } from "./token-check.ts";

const NOW = Date.UTC(2026, 0, 1);
const seconds = NOW / 1000;
const [first, second] = await Promise.all([createSigningKey(), createSigningKey()]);

describe("a ServiceAccount token, checked by its issuer's keys", () => {
  let scope: Scope;
  let url: string;
  let published: SigningKey[];
  let reads: number;
  let keys: TokenCheck;

  beforeEach(async () => {
    scope = new Scope("test");
    published = [first];
    reads = 0;
    const clock = new VirtualClock(NOW);
    const server = scope.use(
      await startHttpServer({
        clock,
        name: "issuer",
        handler: (exchange) => {
          reads++;
          if (published.length === 0) return exchange.respond(503);
          if (exchange.path === "/openid/v1/jwks") return exchange.json(200, { keys: published.map(({ jwk }) => jwk) });
          exchange.json(200, { issuer: url, jwks_uri: `${url}/openid/v1/jwks` });
        },
      }),
    );
    url = server.url;
    keys = scope.use(new TokenCheck({ clock }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  const token = (change: Record<string, unknown> = {}, key = first): string =>
    signJwt(
      { iss: url, sub: "system:serviceaccount:ns:sa", aud: ["store"], exp: seconds + 60, nbf: seconds, ...change },
      key,
    );
  const faultOf = async (text: string, audiences = ["store"]): Promise<string> => {
    try {
      await keys.check(text, [{ url }], audiences);
      return "good";
    } catch (error) {
      return error instanceof TokenRefused ? error.fault : String(error);
    }
  };

  test("is good with one fetch of the keys", async () => {
    expect(await faultOf(token())).toBe("good");
    expect(await faultOf(token({ aud: "store" }))).toBe("good");
    expect(reads).toBe(2);
  });

  test.each([
    ["text that is no token", () => "abc", "not-a-jwt"],
    ["another issuer", () => token({ iss: "https://elsewhere" }), "unknown-issuer"],
    ["another audience", () => token({ aud: ["other"] }), "wrong-audience"],
    ["one that has expired", () => token({ exp: seconds }), "expired"],
    ["one that is not yet valid", () => token({ nbf: seconds + 1 }), "not-yet-valid"],
    ["a forged signature", () => `${token().split(".").slice(0, 2).join(".")}.AAAA`, "bad-signature"],
    [
      "claims changed after signing",
      () => `${token().split(".")[0]}.${token({ sub: "x" }).split(".")[1]}.${token().split(".")[2]}`,
      "bad-signature",
    ],
    ["a key that the issuer does not publish", () => token({}, second), "unknown-key"],
  ])("%s is refused", async (_what, text, fault) => {
    expect(await faultOf(text())).toBe(fault);
  });

  test("of a new key is good once the issuer publishes it, and the old one stays good until it is withdrawn", async () => {
    expect(await faultOf(token())).toBe("good");
    published = [second, first];
    expect(await faultOf(token({}, second))).toBe("good");
    expect(await faultOf(token())).toBe("good");
  });

  test("cannot be checked while the issuer is down, and can again when it is back", async () => {
    published = [];
    expect(await faultOf(token())).toBe("keys-unavailable");
    published = [first];
    expect(await faultOf(token())).toBe("good");
  });
});

import { expect, test } from "vitest";
import { filledIn } from "./seeds.ts";

test("a seed is told of its cluster's issuer, in keys and values, and other dollars stay", () => {
  const variables = { OIDC_ISSUER: "https://issuer.example", OIDC_PROVIDER: "issuer.example" };
  const seed = {
    aws: { trust: { "$OIDC_PROVIDER:aud": "sts", list: ["$OIDC_ISSUER/x", 7, null] } },
    price: "$5 and $OTHER",
  };
  expect(filledIn(seed, variables)).toEqual({
    aws: { trust: { "issuer.example:aud": "sts", list: ["https://issuer.example/x", 7, null] } },
    price: "$5 and $OTHER",
  });
});

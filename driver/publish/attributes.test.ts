import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesOf } from "../behaviour.ts";
import { attributesOf, overriddenBy } from "./attributes.ts";
import { SERVICE_ACCOUNT_TOKENS as TOKENS, type Volume } from "./volume.ts";

const hardened = rulesOf("hardened");
const upstream = rulesOf("upstream-1.6");
const volume = (context: Record<string, string>, secrets: Record<string, string> = {}): Volume => ({
  id: "v",
  targetPath: "/t",
  context,
  secrets,
  isReadOnly: true,
  className: "c",
  pod: { name: "p", namespace: "n", uid: "u" },
});

describe("attributes", () => {
  test("are the class's parameters under the volume's context", () => {
    expect(attributesOf({ k: "spc", keep: "spc" }, volume({ k: "pod" }), hardened)).toEqual({ k: "pod", keep: "spc" });
    expect(overriddenBy({ k: "spc", keep: "spc" }, volume({ k: "pod" }))).toEqual(["k"]);
  });

  test.each([
    ["in the context", { [TOKENS]: "ctx" }, {}, "ctx"],
    ["in the secrets", {}, { [TOKENS]: "sec" }, "sec"],
    ["in both: the secrets win", { [TOKENS]: "ctx" }, { [TOKENS]: "sec" }, "sec"],
    ["empty in the secrets: the context stays", { [TOKENS]: "ctx" }, { [TOKENS]: "" }, "ctx"],
    ["empty in the context", { [TOKENS]: "" }, {}, ""],
    ["nowhere: no key", {}, {}, undefined],
  ])("carry tokens %s", (_, context, secrets, expected) => {
    for (const rules of [hardened, upstream])
      expect(attributesOf({}, volume(context, secrets), rules)[TOKENS]).toBe(expected);
  });

  test("a class cannot say what only kubelet knows; upstream lets it (B14)", () => {
    const parameters = { [TOKENS]: "from-spc", "csi.storage.k8s.io/pod.name": "forged" };
    expect(attributesOf(parameters, volume({}), hardened)).toEqual({});
    expect(attributesOf(parameters, volume({}), upstream)).toEqual(parameters);
  });

  test("tokens in the secrets are new in 1.6", () => {
    expect(attributesOf({}, volume({}, { [TOKENS]: "sec" }), rulesOf("upstream-1.5"))).toEqual({});
  });

  test("every context key reaches the provider unchanged but for tokens", () => {
    const map = fc.dictionary(fc.string(), fc.string());
    fc.assert(
      fc.property(map, map, map, (parameters, context, secrets) => {
        const attributes = attributesOf(parameters, volume(context, secrets), hardened);
        for (const [key, value] of Object.entries(context)) if (key !== TOKENS) expect(attributes[key]).toBe(value);
      }),
    );
  });
});

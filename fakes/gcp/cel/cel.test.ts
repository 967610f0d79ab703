import { describe, expect, test } from "vitest";
import { CelError, evaluateCel, parseCel, Timestamp } from "./index.ts";

const scope = {
  resource: { name: "projects/1/secrets/s/versions/2", type: "secretmanager.googleapis.com/SecretVersion" },
  request: { time: new Timestamp(Date.parse("2026-01-02T03:04:05Z")) },
  assertion: { sub: "system:serviceaccount:shop:app", aud: ["a", "b"], "kubernetes.io": { namespace: "shop" } },
};
const value = (text: string): unknown => evaluateCel(parseCel(text), scope);

describe("an expression", () => {
  test.each<[string, unknown]>([
    ["resource.name.startsWith('projects/1/') && !resource.name.endsWith('/versions/1')", true],
    ["resource.type == 'x' || resource.name.contains('/secrets/s/')", true],
    ["request.time < timestamp('2026-02-01T00:00:00Z')", true],
    ["request.time >= timestamp('2026-02-01T00:00:00Z')", false],
    ["assertion['kubernetes.io']['namespace'] in ['shop', 'till']", true],
    ["assertion.sub.extract('system:serviceaccount:{sa}') + '@p'", "shop:app@p"],
    ["assertion.sub.extract('serviceaccount:{ns}:')", "shop"],
    ["assertion.sub.matches('^system:.*app$') ? 'yes' : 'no'", "yes"],
    ["has(assertion.email) ? assertion.email : assertion.aud[1]", "b"],
    ["size(assertion.aud) == 2 && 1 + 2 * 3 == 7 && -(4 - 1) < 0", true],
    ['\'it\\\'s\' + " \\"quoted\\""', 'it\'s "quoted"'],
    // One side that settles it absolves the other.
    ["resource.nothing == 'x' || true", true],
    ["false && resource.nothing == 'x'", false],
  ])("%s", (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test.each([
    ["resource.name ==", "unexpected end"],
    ["resource.name.reverse()", 'the function "reverse" is not supported'],
    ["format('x')", 'the function "format" is not supported'],
    ["resource.name = 'x'", "syntax error"],
    ["('a'", 'expected ")"'],
  ])("that cannot be read says why: %s", (text, why) => {
    expect(() => parseCel(text)).toThrow(why);
  });

  test.each([
    ["resource.nothing", "no such key: nothing"],
    ["resource.name < 3", "no such overload"],
    ["resource.name && true", "no such overload"],
    ["timestamp('tomorrow')", "no timestamp"],
  ])("without a value says why: %s", (text, why) => {
    expect(() => value(text)).toThrow(CelError);
    expect(() => value(text)).toThrow(why);
  });
});

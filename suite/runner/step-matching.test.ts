import { CucumberExpression, ParameterTypeRegistry, RegularExpression } from "@cucumber/cucumber-expressions";
import { expect, test } from "vitest";
import { matchingFast, plainBeginning } from "./step-matching.ts";

test.each([
  ["the pod runs", "the pod runs"],
  ["the file {string} holds", "the file "],
  ["{int} minutes pass", ""],
  ["Vault was asked {int} time(s)", "Vault was asked "],
  ["one time(s) more", "one "],
  ["the mount/unmount succeeds", "the "],
  ["a \\\\{brace}", "a "],
  [/^the failure says "(.*)"$/, ""],
])("%s begins with %j", (pattern, beginning) => expect(plainBeginning(pattern)).toBe(beginning));

const expressionOf = (pattern: string | RegExp) => {
  const types = new ParameterTypeRegistry();
  return typeof pattern === "string" ? new CucumberExpression(pattern, types) : new RegularExpression(pattern, types);
};

test.each([
  ["the file {string} holds {string}", 'the file "a" holds "b \\" c"'],
  ["Vault was asked {int} time(s)", "Vault was asked 3 times"],
  ["the mount/unmount succeeds", "the unmount succeeds"],
  [/^the failure says "(.*)"(?: in (\d+) words)?$/, 'the failure says "no" in 1 words'],
  [/^the failure says "(.*)"(?: in (\d+) words)?$/, 'the failure says "no"'],
])("%s fits what it fitted, with the same arguments at the same places", (pattern, text) => {
  const [before, after] = [expressionOf(pattern), expressionOf(pattern)];
  const definition = { pattern, expression: after, matchesStepName: (_name: string): boolean => expect.unreachable() };
  matchingFast({ stepDefinitions: [definition] } as unknown as Parameters<typeof matchingFast>[0]);
  const argumentsOf = (expression: typeof before, name: string) =>
    expression.match(name)?.map(({ group, parameterType }) => ({ ...group, type: parameterType.name }));
  expect(definition.matchesStepName(text)).toBe(true);
  expect(argumentsOf(after, text)).toEqual(argumentsOf(before, text));
  expect(argumentsOf(after, text)?.length).toBeGreaterThanOrEqual(0);
  for (const other of [`${text} more`, `no ${text}`]) {
    expect(definition.matchesStepName(other)).toBe(false);
    expect(argumentsOf(after, other)).toBe(argumentsOf(before, other));
  }
});

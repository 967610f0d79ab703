import { describe, expect, test } from "vitest";
import { layoutOf } from "../layout.ts";
import { loadCatalogue } from "./load.ts";
import { duplicateIds, parseFeature } from "./parse.ts";

const scenario = (tags: string, body = "    When it runs\n"): string =>
  `@profile:PROVIDER-GRPC @core @must\nFeature: F\n  Docs: https://example.org/a\n\n  ${tags}\n  Scenario: S\n${body}`;

const complaint = (source: string): string =>
  parseFeature("f.feature", source)
    .problems.map(({ message }) => message)
    .join("; ");

describe("a feature file", () => {
  test("gives a case with what its tags and its feature say", () => {
    const { cases, problems } = parseFeature("f.feature", scenario("@PC-04 @needs:rotate @behaviour:upstream"));
    expect(problems).toEqual([]);
    expect(cases).toMatchObject([
      {
        id: "PC-04",
        profile: "PROVIDER-GRPC",
        level: "core",
        strength: "must",
        needs: ["rotate"],
        behaviours: ["upstream-1.6", "upstream-1.5"],
        docs: ["https://example.org/a"],
        steps: 1,
        rows: 1,
      },
    ]);
  });

  test.each([
    ["no id", scenario("@wip"), 'has no id: tag it as "@PC-04"'],
    ["two ids", scenario("@PC-04 @PC-05"), "has more than one id"],
    ["an unknown need", scenario("@PC-04 @needs:luck"), 'needs "luck", known are'],
    ["an unknown behaviour", scenario("@PC-04 @behaviour:best"), 'names the behaviour "best"'],
    ["an unknown tier", scenario("@PC-04 @tier:E9"), "needs one tier of"],
    ["two levels", scenario("@PC-04 @extended"), "has core and extended"],
    ["no step", scenario("@PC-04", ""), "is empty: a case that executes no step proves nothing"],
    ["an unknown profile", scenario("@PC-04").replace("PROVIDER-GRPC", "NONE"), 'names the profile "NONE"'],
    ["a mistake of grammar", "Feature: F\n  Scenario: S\n    When x\n  Background:\n", "got 'Background:'"],
  ])("with %s is refused by name", (_what, source, message) => {
    expect(complaint(source)).toContain(message);
  });

  test("with examples that have no row is refused", () => {
    const source = scenario("@PC-04").replace("Scenario:", "Scenario Outline:");
    expect(complaint(`${source}\n    Examples:\n      | a |\n`)).toContain("has examples without a row");
  });

  test("that takes an id twice names both places", () => {
    const { cases } = parseFeature("f.feature", scenario("@PC-04"));
    const [problem] = duplicateIds([...cases, ...cases.map((one) => ({ ...one, line: 99 }))]);
    expect(problem).toMatchObject({ line: 99, message: expect.stringContaining('the id "PC-04" is taken by "S"') });
  });
});

test("the catalogue of this project is sound, and every case says where its requirement is written down", async () => {
  const { cases, problems } = await loadCatalogue(layoutOf());
  expect(problems).toEqual([]);
  expect(cases.length).toBeGreaterThan(17);
  expect(cases.filter(({ docs }) => docs.length === 0).map(({ id }) => id)).toEqual([]);
});

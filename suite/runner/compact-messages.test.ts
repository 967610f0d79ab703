import type { Envelope } from "@cucumber/messages";
import { expect, test } from "vitest";
import { CompactMessages } from "./compact-messages.ts";

/** What cucumber tells of a file of two scenarios before it runs the second one. */
function partOf(part: string, uri = "a.feature"): Envelope[] {
  const id = (name: string): string => `${part}-${name}`;
  const scenario = (name: string) => ({
    scenario: { id: id(name), steps: [{ id: id(`${name}-step`) }], tags: [{ id: id(`${name}-tag`), name: "@X-1" }] },
  });
  const pickle = (name: string) => ({
    pickle: {
      ...{ id: id(`${name}-pickle`), uri, name, language: "en", astNodeIds: [id(name)] },
      steps: [{ id: id(`${name}-pickle-step`), text: "it holds", astNodeIds: [id(`${name}-step`)] }],
      tags: [{ name: "@X-1", astNodeId: id(`${name}-tag`) }],
    },
  });
  return [
    { source: { uri, data: "Feature: a", mediaType: "text/x.cucumber.gherkin+plain" } },
    { gherkinDocument: { uri, feature: { children: [scenario("one"), scenario("two")] }, comments: [] } },
    pickle("one"),
    pickle("two"),
    { testCase: { id: id("case"), pickleId: id("two-pickle"), testSteps: [] } },
    { testCaseStarted: { id: id("started"), testCaseId: id("case") } },
  ] as unknown as Envelope[];
}

function compacted(...parts: Envelope[][]): Envelope[] {
  const written: Envelope[] = [];
  const messages = new CompactMessages((envelope) => void written.push(envelope));
  for (const envelope of parts.flat()) messages.take(envelope);
  return written;
}

const kinds = (written: Envelope[]): string[] => written.flatMap((envelope) => Object.keys(envelope));

test("a file is told once, and a scenario that does not run is not told", () => {
  expect(kinds(compacted(partOf("a"), partOf("b")))).toEqual([
    ...["source", "gherkinDocument", "pickle", "testCase", "testCaseStarted"],
    ...["pickle", "testCase", "testCaseStarted"],
  ]);
});

test("a later pickle stands on the tree that was told, and keeps its own id", () => {
  const [, later] = compacted(partOf("a"), partOf("b")).flatMap(({ pickle }) => pickle ?? []);
  expect(later).toMatchObject({
    id: "b-two-pickle",
    astNodeIds: ["a-two"],
    steps: [{ id: "b-two-pickle-step", astNodeIds: ["a-two-step"] }],
    tags: [{ astNodeId: "a-two-tag" }],
  });
});

test("another file, and a file that was changed meanwhile, is told as well", () => {
  const [source, tree] = partOf("c");
  const children = tree?.gherkinDocument?.feature?.children.slice(1) ?? [];
  const changed = [source, { gherkinDocument: { uri: "a.feature", feature: { children }, comments: [] } }];
  expect(
    kinds(compacted(partOf("a"), partOf("b", "b.feature"), changed as Envelope[])).filter(
      (kind) => kind === "gherkinDocument",
    ),
  ).toHaveLength(3);
});

import { expect, test } from "vitest";
import { JoinedMessages } from "./join-messages.ts";

const line = (envelope: object): string => `${JSON.stringify(envelope)}\n`;

function streamOf(run: string, success: boolean): string[] {
  return [
    { meta: { protocolVersion: "1" } },
    { testRunStarted: { id: run } },
    { testCase: { id: `case of ${run}`, testRunStartedId: run } },
    { testCaseFinished: { testCaseStartedId: `case of ${run}` } },
    { testRunFinished: { success, testRunStartedId: run } },
  ].map(line);
}

function joined(isWhole: boolean, ...streams: string[][]): Record<string, Record<string, unknown>>[] {
  const written: string[] = [];
  const messages = new JoinedMessages((text) => void written.push(text));
  for (const text of streams.flat()) messages.take(text);
  messages.end(isWhole);
  return written.map((text) => JSON.parse(text));
}

test("two workers' messages make one run", () => {
  const messages = joined(true, streamOf("a", true), streamOf("b", true));
  const kinds = messages.flatMap((message) => Object.keys(message));
  expect(kinds).toEqual([
    ...["meta", "testRunStarted", "testCase", "testCaseFinished", "testCase", "testCaseFinished", "testRunFinished"],
  ]);
  expect(messages.filter(({ testCase }) => testCase).map(({ testCase }) => testCase?.["testRunStartedId"])).toEqual([
    "a",
    "a",
  ]);
  expect(messages.at(-1)).toEqual({ testRunFinished: { success: true, testRunStartedId: "a" } });
});

test("a run in which one worker's cases failed is no success", () => {
  expect(joined(true, streamOf("a", false), streamOf("b", true)).at(-1)?.["testRunFinished"]?.["success"]).toBe(false);
});

test("a run that lost a worker is no success", () => {
  expect(joined(false, streamOf("a", true)).at(-1)?.["testRunFinished"]?.["success"]).toBe(false);
});

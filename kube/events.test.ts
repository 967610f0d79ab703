import { expect, test } from "vitest";
import { silentLog, VirtualClock } from "../core/index.ts";
import type { KubeClient } from "./client.ts";
import { startEventRecorder } from "./events.ts";

test("an event that is told again raises its count; only so many are remembered", async () => {
  const clock = new VirtualClock();
  const written: string[] = [];
  const client = {
    create: async (_kind: unknown, { message }: { message: string }) => void written.push(`create ${message}`),
    patch: async (_kind: unknown, _target: unknown, _type: unknown, { count }: { count: number }) =>
      void written.push(`count ${count}`),
  } as unknown as KubeClient;
  await using events = startEventRecorder({ client, clock, log: silentLog, component: "test" });
  const target = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "default", uid: "1" } };
  const record = (text: string): void => events.record(target, "Normal", "Told", text);
  record("first");
  record("first");
  for (let index = 0; index < 4095; index++) record(`other ${index}`);
  record("first");
  for (let index = 4095; index < 4096 + 4095; index++) record(`other ${index}`);
  record("other 4094");
  record("first");
  record("other 0");
  await clock.settle();
  const counts = written.filter((text) => text.startsWith("count"));
  expect(written.slice(0, 2)).toEqual(["create first", "count 2"]);
  expect(counts).toEqual(["count 2", "count 3"]);
  expect(written.slice(-3)).toEqual(["create other 4094", "create first", "create other 0"]);
});

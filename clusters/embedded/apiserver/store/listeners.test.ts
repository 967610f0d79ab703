import { expect, test } from "vitest";
import type { KubeObject } from "../../../../kube/types.ts";
import { Listeners, type Trigger } from "./listeners.ts";

const pod = (name: string, node: string): KubeObject => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, node });
const onNode = (value: string): Trigger => ({
  field: "spec.nodeName",
  value,
  read: (object) => String(object["node"]),
});
const change = (object: KubeObject, previous?: KubeObject) => ({
  type: "MODIFIED" as const,
  resourceVersion: 2,
  object,
  previous,
  at: 0,
});

test("a listener with a trigger is told of changes into its value, within it and out of it, once each", () => {
  const listeners = new Listeners();
  const heard: string[] = [];
  listeners.add((told) => void heard.push(`a ${told.object.metadata.name}`), onNode("a"));
  listeners.add((told) => void heard.push(`b ${told.object.metadata.name}`), onNode("b"));
  listeners.add((told) => void heard.push(`all ${told.object.metadata.name}`));
  listeners.tell(change(pod("new", "a")));
  listeners.tell(change(pod("kept", "a"), pod("kept", "a")));
  listeners.tell(change(pod("moved", "b"), pod("moved", "a")));
  listeners.tell(change(pod("elsewhere", "c"), pod("elsewhere", "")));
  expect(heard).toEqual(["all new", "a new", "all kept", "a kept", "all moved", "b moved", "a moved", "all elsewhere"]);
});

test("who leaves is told no more, also while others are being told", () => {
  const listeners = new Listeners();
  const heard: string[] = [];
  const second = { current: undefined as Disposable | undefined };
  listeners.add(() => {
    heard.push("first");
    second.current?.[Symbol.dispose]();
  }, onNode("a"));
  second.current = listeners.add(() => void heard.push("second"), onNode("a"));
  listeners.tell(change(pod("one", "a")));
  listeners.tell(change(pod("two", "a")));
  expect(heard).toEqual(["first", "second", "first"]);
});

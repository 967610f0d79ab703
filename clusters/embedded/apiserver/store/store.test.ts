import * as fc from "fast-check";

import { expect, test } from "vitest";
import { VirtualClock } from "../../../../core/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { PodsByNode } from "../auth/pods-by-node.ts";
import { Store } from "./store.ts";

const object = (namespace: string, name: string, node = ""): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace, uid: `${namespace}/${name}` },
  spec: { nodeName: node },
});

const write = fc.tuple(
  fc.constantFrom("a", "a-b", "ab", "b"),
  fc.constantFrom("x", "y", "z"),
  fc.constantFrom("n1", "n2", "", "gone"),
);

test("lists are in order of key, whatever came and went; a prefix takes its own namespace alone", () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
      const store = new Store(new VirtualClock());
      const wanted = new Map<string, string>();
      for (const [namespace, name, node] of writes) {
        const key = `${namespace}/${name}`;
        if (node === "gone") {
          store.delete("/pods", key);
          wanted.delete(key);
        } else {
          store.put("/pods", key, object(namespace, name, node));
          wanted.set(key, node);
        }
        const keys = store.list("/pods").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
        expect(keys).toEqual([...wanted.keys()].sort());
      }
      for (const prefix of ["a/", "a-b/", "ab/", "c/"])
        expect(store.list("/pods", prefix)).toHaveLength(
          [...wanted.keys()].filter((key) => key.startsWith(prefix)).length,
        );
    }),
  );
});

test("pods are found by the node they are bound to, through bindings, changes and deletions", () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
      const store = new Store(new VirtualClock());
      const pods = new PodsByNode(store);
      const wanted = new Map<string, string>();
      for (const [namespace, name, node] of writes) {
        const key = `${namespace}/${name}`;
        if (node === "gone") store.delete("/pods", key);
        else store.put("/pods", key, object(namespace, name, node));
        wanted.set(key, node);
      }
      for (const node of ["n1", "n2"]) {
        const found = pods.on(node).map(({ metadata }) => metadata.uid);
        expect(found.sort()).toEqual([...wanted].flatMap(([key, on]) => (on === node ? [key] : [])).sort());
      }
    }),
  );
});

test("fields that the same manager owns of many objects are kept once", () => {
  const store = new Store(new VirtualClock());
  const owned = (name: string): KubeObject => {
    const made = object("a", name);
    const entry = { manager: "m", operation: "Update", fieldsType: "FieldsV1", fieldsV1: { "f:spec": { "f:x": {} } } };
    return { ...made, metadata: { ...made.metadata, managedFields: [{ ...entry, time: name }] } };
  };
  const [one, other] = ["x", "y"].map((name) => store.put("/pods", `a/${name}`, owned(name)).metadata.managedFields);
  expect([one, other]).toEqual([owned("x").metadata.managedFields, owned("y").metadata.managedFields]);
  const setsOf = (entries: unknown[] = []): unknown[] =>
    entries.map((entry) => (entry as { fieldsV1: unknown }).fieldsV1);
  expect(setsOf(one)[0]).toBe(setsOf(other)[0]);
});

import { expect, test } from "vitest";
import type { KubeObject } from "../../../kube/types.ts";
import { Controlled } from "./controlled.ts";

type Handler = (event: { type: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject; old?: KubeObject }) => void;

const owned = (uid: string, owner?: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    uid,
    ...(owner !== undefined && {
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: owner, controller: true }],
    }),
  },
});

test("objects are found by who controls them, through adoption, release and deletion", () => {
  let tell: Handler = () => {};
  const index = new Controlled({
    onEvent: (handler) => {
      tell = handler as Handler;
      return { [Symbol.dispose]: () => {} };
    },
  });
  const uids = (owner: string): (string | undefined)[] => index.of(owner).map(({ metadata }) => metadata.uid);
  tell({ type: "ADDED", object: owned("1", "a") });
  tell({ type: "ADDED", object: owned("2", "a") });
  tell({ type: "ADDED", object: owned("3") });
  expect(uids("a")).toEqual(["1", "2"]);
  tell({ type: "MODIFIED", object: owned("3", "b"), old: owned("3") });
  tell({ type: "MODIFIED", object: owned("1", "b"), old: owned("1", "a") });
  expect([uids("a"), uids("b")]).toEqual([["2"], ["3", "1"]]);
  tell({ type: "MODIFIED", object: owned("3"), old: owned("3", "b") });
  tell({ type: "DELETED", object: owned("2", "a"), old: owned("2", "a") });
  expect([uids("a"), uids("b"), index.of(undefined)]).toEqual([[], ["1"], []]);
});

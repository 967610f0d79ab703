import { expect, test } from "vitest";
import type { JournalEntry } from "../net/journal.ts";
import { roundsOf } from "./agreement.ts";

const entry = (seam: JournalEntry["seam"], operation: string, detail: Record<string, unknown> = {}): JournalEntry => ({
  seq: 0,
  seam,
  server: seam === "csi" ? "driver" : "server",
  operation,
  status: "200",
  at: 0,
  wall: 0,
  tookMs: 0,
  detail,
});
const store = (...operations: string[]) => roundsOf(operations.map((operation) => entry("store", operation)));

test("pods that interleave differently agree, as long as each keeps its order", () => {
  const inTurn = store("login", "read a", "read b", "login", "read a", "read b");
  expect(store("login", "login", "read a", "read b", "read a", "read b")).toEqual(inTurn);
  expect(store("login", "read b", "read a", "login", "read a", "read b")).not.toEqual(inTurn);
});

test("a call more, a call less or another status is a difference", () => {
  const two = store("login", "read a");
  expect(store("login", "read a", "read a")).not.toEqual(two);
  expect(store("login")).not.toEqual(two);
  expect(roundsOf([entry("store", "login"), { ...entry("store", "read a"), status: "403" }])).not.toEqual(two);
});

test("kubelet's calls are compared volume by volume, however often it publishes again", () => {
  const call = (operation: string, volumeId: string) => entry("csi", operation, { volumeId });
  const once = roundsOf([call("publish", "x"), call("publish", "y"), call("unpublish", "x"), call("unpublish", "y")]);
  const again = [call("publish", "1"), call("publish", "1"), call("publish", "2"), call("unpublish", "2")];
  expect(roundsOf([...again, call("unpublish", "1")])).toEqual(once);
  expect(roundsOf(again)).not.toEqual(once);
});

test("of the API server the driver's changes count", () => {
  const caller = "system:serviceaccount:kube-system:secrets-store-csi-driver";
  const change = entry("kube-api", "POST /a", { caller, verb: "create" });
  const rounds = roundsOf([
    change,
    entry("kube-api", "GET /a", { caller, verb: "get" }),
    entry("kube-api", "POST /a", { caller: "kubernetes-admin", verb: "create" }),
  ]);
  expect([...rounds.values()]).toEqual([[["POST /a 200"]]]);
});

import { expect, test } from "vitest";
import type { KubeClient, Resource } from "../../kube/index.ts";
import { unreadyReasons } from "./unready.ts";

const metadata = (name: string) => ({ name, namespace: "kube-system", uid: `uid-${name}` });

/** A client that knows lists alone, by plural. */
function listing(lists: Readonly<Record<string, readonly object[]>>): KubeClient {
  const list = async ({ plural }: Resource) => ({ items: lists[plural] ?? [], metadata: { resourceVersion: "1" } });
  return { list } as unknown as KubeClient;
}

test("each pod that is not Ready is named with what its containers wait for and its last warning", async () => {
  const ready = {
    metadata: metadata("fine"),
    spec: { nodeName: "n" },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
  const crashing = {
    metadata: metadata("crashing"),
    spec: { nodeName: "n" },
    status: {
      phase: "Running",
      containerStatuses: [
        { name: "good", ready: true },
        {
          name: "bad",
          ready: false,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
          lastState: { terminated: { exitCode: 3 } },
        },
      ],
    },
  };
  const pending = { metadata: metadata("pending"), spec: {}, status: { phase: "Pending" } };
  const event = (type: string, message: string) => ({
    type,
    reason: "FailedScheduling",
    message,
    involvedObject: { uid: "uid-pending" },
  });
  const reasons = await unreadyReasons(
    listing({
      daemonsets: [
        { metadata: metadata("whole"), status: { desiredNumberScheduled: 1, currentNumberScheduled: 1 } },
        { metadata: metadata("short"), status: { desiredNumberScheduled: 2, currentNumberScheduled: 1 } },
      ],
      pods: [ready, crashing, pending],
      events: [event("Warning", "first"), event("Warning", "no node"), event("Normal", "later")],
    }),
  );
  expect(reasons).toEqual([
    "daemonset kube-system/short: 1 of 2 pods are placed",
    "pod kube-system/crashing: Running; container bad: CrashLoopBackOff, ended with 3 (back-off 10s)",
    "pod kube-system/pending: Pending, on no node; FailedScheduling: no node",
  ]);
});

test("where all is Ready nothing is said", async () => {
  expect(await unreadyReasons(listing({}))).toEqual([]);
});

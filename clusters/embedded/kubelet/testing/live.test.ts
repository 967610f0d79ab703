import { expect, test } from "vitest";
import { isMountproofError, seconds } from "../../../../core/index.ts";
import type { KubeClient } from "../../../../kube/client.ts";
import { Secrets, ServiceAccounts } from "../../../../kube/resources.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { CsiDrivers, Pods } from "../resources.ts";
import type { CsiDriver } from "../types.ts";
import { compare } from "./compare.ts";
import { impossibleStep, type LiveNode, podOn, recordLive } from "./live.ts";
import type { RecordedDriver } from "./recorded-driver.ts";
import type { RecorderOrder } from "./recorder.ts";
import { type Recording, readRecording } from "./recording.ts";
import { defaulted, recordedProgram, replay } from "./replay.ts";
import { Rig } from "./rig.ts";

const IMAGE = "registry.test/recorder:1";

/** A simulated kubelet as a live one is met: by the API, and by a recorder that is told what its drivers do. */
function nodeOf(rig: Rig): LiveNode {
  const { clock } = rig;
  const client = withAdmission(rig.client);
  const drivers = new Map<string, RecordedDriver>();
  return {
    client,
    clock,
    image: IMAGE,
    nodeName: "node-0",
    apply: async (objects: readonly KubeObject[]) => {
      for (const object of objects) {
        const { namespace = "", name = "" } = object.metadata;
        if (object.kind === "CSIDriver") await client.create(CsiDrivers, defaulted(object as unknown as CsiDriver));
        else if (object.kind === "Secret") await client.create(Secrets, object);
        else if (object.kind === "Namespace")
          await client.create(ServiceAccounts, {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: { name: "default", namespace: name },
          });
        else await client.create(ServiceAccounts, { ...object, metadata: { name, namespace } });
      }
    },
    // The clock stands while a recorder works: its sockets are opened in real time.
    tell: ({ do: what, driver = "", flags = [], signal }: RecorderOrder) =>
      clock.activity.track("recorder", async () => {
        if (what === "start driver") {
          const given = new Map(flags.map((flag) => flag.replace(/^-/, "").split("=") as [string, string]));
          drivers.set(driver, await rig.startDriver(driver, given));
        }
        if (what === "signal driver") await drivers.get(driver)?.stop(signal ?? "");
        return { now: clock.now(), calls: rig.calls };
      }),
  };
}

/** A pod that names no account has its namespace's, as the API server's admission sees to it. */
function withAdmission(client: KubeClient): KubeClient {
  return new Proxy(client, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "create") return value;
      return (kind: typeof Pods, object: KubeObject & { readonly spec?: object }) => {
        const spec = { serviceAccountName: "default", ...object.spec };
        return target.create(kind, (kind.plural === Pods.plural ? { ...object, spec } : object) as never);
      };
    },
  });
}

async function recorded(experiment: Recording): Promise<Recording> {
  await using rig = await Rig.start({ seed: 5, kubeVersion: "1.34", program: recordedProgram });
  let isOver = false;
  const recording = recordLive(experiment, nodeOf(rig)).finally(() => {
    isOver = true;
  });
  recording.catch(() => {}); // awaited below
  await rig.clock.advanceUntil(() => isOver, seconds(900));
  return await recording;
}

test.each(["02-simple-pod", "03-token-requests", "05a-publish-fails-codes"])(
  "an experiment that is played live is recorded as its replay has it: %s",
  async (name) => {
    const experiment = readRecording(name);
    const live = await recorded(experiment);
    expect(live.steps.map((step) => step.do)).toEqual(experiment.steps.map((step) => step.do));
    expect(live.calls.length).toBeGreaterThan(experiment.calls.length * 0.8);
    expect(compare(live, await replay(live))).toEqual([]);
    // And as the real kubelet did it when the experiment was recorded.
    expect(compare(experiment, live)).toEqual([]);
  },
);

test("a kubelet that does otherwise is told", async () => {
  const live = await recorded(readRecording("02-simple-pod"));
  const [first] = live.calls.filter(({ call }) => call === "NodePublishVolume");
  const changed = {
    ...live,
    calls: live.calls.map((call) => (call === first ? { ...call, code: "Internal" } : call)),
  };
  expect(compare(changed, await replay(live)).map(({ where }) => where)).toEqual([
    `call ${first?.pod}/${first?.volume}`,
  ]);
});

test("an experiment that stops kubelet is not played on somebody's node", async () => {
  const experiment = readRecording("12-kubelet-restart");
  expect(impossibleStep(experiment)).toBe("stop kubelet");
  await using rig = await Rig.start();
  await expect(recordLive(experiment, nodeOf(rig))).rejects.toSatisfy((error) =>
    isMountproofError(error, "unsupported"),
  );
});

test("a pod's probe starts what the recorder's image has, and not the program of the recordings' image", () => {
  const created = readRecording("04-republish").steps.filter(({ do: what }) => what === "create Pod");
  const probed = created.find(({ object }) => JSON.stringify(object).includes("readinessProbe"))?.object as KubeObject;
  const container = (podOn({ image: IMAGE, nodeName: "node-0" }, probed)["spec"] as { containers: object[] })
    .containers[0];
  expect(container).toMatchObject({
    image: IMAGE,
    readinessProbe: { exec: { command: ["node", "--eval", "0", "/mnt/v/ready"] } },
  });
  expect(
    JSON.stringify(created.map(({ object }) => podOn({ image: IMAGE, nodeName: "n" }, object as KubeObject))),
  ).not.toContain("/recdrv");
});

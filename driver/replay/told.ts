import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { seconds } from "../../core/index.ts";
import { files } from "../../wire/scripted-provider.ts";
import { runDriver } from "../main.ts";
import { versioned } from "./computed.ts";
import type { Probe } from "./probe.ts";
import type { ReplayRig } from "./rig.ts";

/** How a call ended, or several at once. */
export type Ended = {
  readonly code: string;
  readonly message: string;
  readonly value?: unknown;
  /** Of a process that was started and ended at once. */
  readonly exit?: number;
};

const NO_CALL: Ended = { code: "-", message: "" };

/** Probes whose request the recording tells in words. Others in words are no call, and time that passes. */
const TOLD: Readonly<Record<string, (rig: ReplayRig, probe: Probe, target: string) => Promise<Ended>>> = {
  "20 NodePublishVolume at once, one pod each": async (rig) => {
    const pods = Array.from({ length: 20 }, (_, index) => `pc16-${index}`);
    const ended = await rig.callAll(
      "NodePublishVolume",
      pods.map((pod) => publishOf(pod, "pc16", "drvrec-providercontract", rig)),
    );
    const wrong = pods.filter((pod) => readFileSync(join(rig.volume(pod), "who"), "utf8") !== pod);
    const failed = ended.filter(({ code }) => code !== "OK");
    return failed[0] ?? { code: "OK", message: wrong.length === 0 ? "" : `cross-talk in ${wrong.join(", ")}` };
  },
  "40 NodePublishVolume calls, new content each; a reader opens ..data once and reads a and b beneath it": async (
    rig,
    _probe,
    target,
  ) => {
    const seen: (readonly [string, string])[] = [];
    const read = (): void => {
      const data = join(target, readlinkSync(join(target, "..data")));
      seen.push([readFileSync(join(data, "a"), "utf8"), readFileSync(join(data, "b"), "utf8")]);
    };
    const publish = async (round: number): Promise<Ended> => {
      const text = `${round}`.padEnd(20_004, ".");
      rig.provider.answers(versioned({ a: text, b: text }, { a: String(round) }));
      await rig.pass(10);
      rig.unstamp(target);
      return await rig.call("NodePublishVolume", publishOf("mnt08", "mnt08", "drvrec-mount", rig));
    };
    let ended = await publish(0);
    rig.countFromNow();
    for (let round = 1; round <= 40; round++) {
      const publishing = publish(round);
      read();
      ended = await publishing;
      read();
      if (ended.code !== "OK") return ended;
    }
    const mixed = seen.filter(([a, b]) => a !== b || a === "");
    return mixed.length === 0 ? ended : { code: "OK", message: `${mixed.length} mixed readings` };
  },
  "two equal NodePublishVolume calls at the same time, first publish": async (rig) => {
    const request = publishOf("par", "par", "drvrec-rotation", rig);
    const both = await rig.callAll("NodePublishVolume", [request, request]);
    return { code: both.map(({ code }) => code).join(","), message: both.map(({ message }) => message).join("") };
  },
  "40 NodeUnpublishVolume at once": async (rig) => {
    const pods = Array.from({ length: 40 }, (_, index) => `par${index}`);
    for (const pod of pods) await rig.call("NodePublishVolume", publishOf(pod, "par", "drvrec-recoveryx", rig));
    rig.countFromNow();
    const ended = await rig.callAll(
      "NodeUnpublishVolume",
      pods.map((pod) => ({ volume_id: "x", target_path: rig.volume(pod) })),
    );
    return ended.find(({ code }) => code !== "OK") ?? NO_CALL;
  },
  "wait up to 300 s": async (rig) => {
    const data = (): string => JSON.stringify(rig.api.list("secrets").map((secret) => secret["data"]));
    const before = data();
    for (let waited = 0; waited < 310 && data() === before; waited++) await rig.pass(seconds(1));
    return NO_CALL;
  },
};

/** What came before the metrics page, as the probe's title tells it. */
export async function prepareMetricsPage(rig: ReplayRig, title: string): Promise<void> {
  if (!title.includes("after: publish")) return;
  await rig.restart();
  const request = publishOf("met", "met", "drvrec-recoveryx", rig);
  for (const reply of [files({ a: "one" }), files({ a: "two" }, "2"), undefined]) {
    if (reply === undefined) rig.provider.answers(rig.failing());
    else rig.provider.answers(reply);
    await rig.pass(10);
    rig.unstamp(rig.volume("met"));
    await rig.call("NodePublishVolume", request);
  }
  await rig.call("NodeUnpublishVolume", { volume_id: "", target_path: rig.volume("met") });
  await rig.call("NodeUnpublishVolume", { volume_id: "x", target_path: rig.volume("met") });
}

export async function tell(rig: ReplayRig, probe: Probe, target: string): Promise<Ended> {
  const request = String(probe.request);
  if (request.startsWith("--")) return { ...NO_CALL, exit: await exitOf(request.replace("<port>", "0").split(" ")) };
  return (await TOLD[String(probe.request)]?.(rig, probe, target)) ?? NO_CALL;
}

/** Of a driver that ends before it serves; what it says is not for the terminal of a test. */
async function exitOf(argv: readonly string[]): Promise<number> {
  const spoken = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream } of spoken) stream.write = () => true;
  try {
    return await runDriver(argv);
  } finally {
    for (const { stream, write } of spoken) stream.write = write;
  }
}

function publishOf(pod: string, className: string, namespace: string, rig: ReplayRig): JsonObject {
  return publishRequest(pod, className, namespace, rig.volume(pod));
}

/** As kubelet of the recordings asked. */
export function publishRequest(pod: string, className: string, namespace: string, target: string): JsonObject {
  return {
    volume_id: `csi-${pod}-vol`,
    target_path: target,
    volume_capability: { mount: {}, access_mode: { mode: "SINGLE_NODE_READER_ONLY" } },
    readonly: true,
    volume_context: {
      secretProviderClass: className,
      "csi.storage.k8s.io/pod.name": pod,
      "csi.storage.k8s.io/pod.namespace": namespace,
      "csi.storage.k8s.io/pod.uid": `<uid:${pod}>`,
      "csi.storage.k8s.io/serviceAccount.name": "default",
      "csi.storage.k8s.io/ephemeral": "true",
    },
  };
}

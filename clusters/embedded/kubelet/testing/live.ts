import { type Clock, MountproofError } from "../../../../core/index.ts";
import { isKubeStatus, type KubeClient } from "../../../../kube/client.ts";
import { Secrets, ServiceAccounts } from "../../../../kube/resources.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { CsiDrivers, Pods } from "../resources.ts";
import { callLine, observe } from "./observe.ts";
import type { RecorderAnswer, RecorderOrder } from "./recorder.ts";
import { type RecordedStep, type Recording, sortLines } from "./recording.ts";

/** A node of a cluster on which a recorder runs. */
export type LiveNode = {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Creates objects that go when the recording ends. */
  readonly apply: (objects: readonly KubeObject[]) => Promise<void>;
  /** Tells the recorder in its pod, and hears the calls so far. */
  readonly tell: (order: RecorderOrder) => Promise<RecorderAnswer>;
  /** The recorder's image: the pods of the experiments run it, too. */
  readonly image: string;
  readonly nodeName: string;
};

const ROOT = "/var/lib/kubelet";
/** What the recordings call their image. */
const IMAGE = "<image>";
/** The program of their image, as its probes start it: all that they ask of it is to end well. */
const PROBE = ["/recdrv", "ls"];
const OWN_PROBE = ["node", "--eval", "0"];
const READY_MS = 30_000;
const LOOK_MS = 100;
/** Looked on after the last line of an experiment: what came last there may come a little later here. */
const TAIL_MS = 3000;
/** Takes these steps and no others: what stops kubelet, or works on its files by hand, is not done to somebody's node. */
const STEPS =
  /^(create|patch|delete) CSIDriver$|^(start|signal) driver$|^driver control$|^remove the registration socket|^(create|delete) Pod$|^patch Pod annotations$|^(create|replace|delete) Secret$|^delete ServiceAccount|^pods still present|^the killed driver|^NodeGetInfo would|^end$/;

/** The step of an experiment that cannot be taken on a real node; undefined when all can. */
export function impossibleStep({ steps }: Recording): string | undefined {
  return steps.find((step) => !STEPS.test(step.do))?.do;
}

/**
 * Takes the steps of an experiment on a real kubelet, at the moments at which they were taken, and records what it does
 * on the drivers' sockets, what pods show, and the events.
 */
export async function recordLive(experiment: Recording, node: LiveNode): Promise<Recording> {
  const { client, clock } = node;
  const impossible = impossibleStep(experiment);
  if (impossible !== undefined)
    throw new MountproofError("unsupported", { message: `the step "${impossible}" is not taken on a real node` });
  const namespace = namespaceOf(experiment);
  await node.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  await hasAccount(node, namespace);
  const offset = await recorderOffset(node);
  const known = (await node.tell({ do: "calls" })).calls.length;
  await using observed = await observe(client, clock, { namespace, root: ROOT, image: node.image });
  const start = clock.now();
  const steps: RecordedStep[] = [];
  for (const step of experiment.steps) {
    await clock.sleep(Math.max(0, start + step.t * 1000 - clock.now()));
    const t = (clock.now() - start) / 1000;
    const status = await take(step, node, namespace);
    steps.push({ ...step, t, ...(status !== undefined && { status }) });
  }
  const last = Math.max(
    ...Object.values(experiment).flatMap((kind: readonly { t: number }[]) => kind.map(({ t }) => t)),
  );
  await clock.sleep(Math.max(0, start + last * 1000 + TAIL_MS - clock.now()));
  // The last line says how long was looked on, and so how long a replay goes on.
  const csinode = observed.lines.findLast((line) => "csinode" in line)?.csinode ?? [];
  observed.lines.push({ t: (clock.now() - start) / 1000, csinode });
  const drivers = new Set(experiment.steps.map(({ driver }) => driver));
  const { calls } = await node.tell({ do: "calls" });
  const own = calls.slice(known).filter(({ driver }) => drivers.has(driver));
  const shifted = own.map((call) => ({ ...call, at: call.at + offset, endedAt: call.endedAt + offset }));
  const lines = shifted.map((call) => callLine(call, start, observed.names, ROOT));
  for (const name of drivers)
    if (name !== undefined) await node.tell({ do: "signal driver", driver: name, signal: "SIGTERM" });
  return sortLines([...steps, ...observed.lines, ...lines].toSorted((a, b) => a.t - b.t));
}

/**
 * How far the recorder's clock is behind ours: what is asked arrives there before it is read, and is read before it
 * arrives here. What lies between, the start of the program that asks, is no part of either way.
 */
async function recorderOffset({ clock, tell }: LiveNode): Promise<number> {
  const asked = clock.now();
  const { now, askedAt = now } = await tell({ do: "calls" });
  return (asked - askedAt + (clock.now() - now)) / 2;
}

function namespaceOf({ steps }: Recording): string {
  for (const { object } of steps) {
    const { namespace } = (object?.["metadata"] ?? {}) as { readonly namespace?: string };
    if (namespace !== undefined) return namespace;
  }
  return "recorded";
}

/** Pods are refused until their account is there, which a controller makes a moment after the namespace. */
async function hasAccount({ client, clock, apply }: LiveNode, namespace: string): Promise<void> {
  await apply([{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app", namespace } }]);
  const end = clock.now() + READY_MS;
  while ((await client.find(ServiceAccounts, "default", namespace)) === undefined) {
    if (clock.now() > end)
      throw new MountproofError("timeout", {
        message: `the namespace "${namespace}" gets no ServiceAccount "default"`,
      });
    await clock.sleep(LOOK_MS);
  }
}

/** @returns the status of what was refused */
async function take(step: RecordedStep, node: LiveNode, namespace: string): Promise<number | undefined> {
  const { client } = node;
  const object = step.object as KubeObject | undefined;
  const driver = { name: step.driver ?? "" };
  const pod = { name: step.pod ?? "", namespace };
  try {
    switch (step.do) {
      case "create CSIDriver":
        if (object !== undefined) await node.apply([object]);
        return undefined;
      case "patch CSIDriver":
        await client.patch(CsiDrivers, driver, "merge", { spec: step.spec });
        return undefined;
      case "delete CSIDriver":
        await client.delete(CsiDrivers, driver);
        return undefined;
      case "create Pod":
        await client.create(Pods, podOn(node, object) as never);
        return undefined;
      case "delete Pod": {
        const { gracePeriodSeconds } = step;
        await client.delete(Pods, pod, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
        return undefined;
      }
      case "patch Pod annotations":
        await client.patch(Pods, pod, "merge", { metadata: { annotations: step.annotations } });
        return undefined;
      case "create Secret":
      case "replace Secret":
        if (object !== undefined) await node.apply([object]);
        return undefined;
      case "delete Secret":
        await client.delete(Secrets, { name: step.secret ?? "", namespace });
        return undefined;
      default:
        if (step.do.startsWith("delete ServiceAccount"))
          await client.delete(ServiceAccounts, { name: "app", namespace });
        else if (step.driver !== undefined && step.do !== "end") await node.tell(step);
        return undefined;
    }
  } catch (error) {
    // A pod may have gone by itself, and some experiments ask for what a server refuses.
    if (isKubeStatus(error, "NotFound")) return 404;
    const code = (error as { readonly status?: { readonly code?: number } }).status?.code;
    if (code === undefined) throw error;
    return code;
  }
}

/** The recorder's own node, its image where the recordings leave theirs out, and what that image has for a probe. Pure. */
export function podOn(
  { image, nodeName }: Pick<LiveNode, "image" | "nodeName">,
  pod: KubeObject | undefined,
): KubeObject {
  const inner = (list: readonly string[]): string => JSON.stringify(list).slice(1, -1);
  const text = JSON.stringify(pod)
    .replaceAll(JSON.stringify(IMAGE), JSON.stringify(image))
    .replaceAll(inner(PROBE), inner(OWN_PROBE));
  const copy = JSON.parse(text) as KubeObject & { spec: Record<string, unknown> };
  if (copy.spec["nodeSelector"] === undefined) copy.spec["nodeName"] = nodeName;
  return copy;
}

/** The recorder, where kubelet finds its drivers. */
export function recorderManifests(namespace: string, image: string): KubeObject[] {
  const mount = { name: "kubelet", mountPath: ROOT, mountPropagation: "Bidirectional" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "recorder", namespace },
      spec: {
        terminationGracePeriodSeconds: 5,
        tolerations: [{ operator: "Exists" }],
        containers: [
          {
            name: "recorder",
            image,
            args: ["serve"],
            imagePullPolicy: "IfNotPresent",
            securityContext: { privileged: true },
            volumeMounts: [mount],
          },
        ],
        volumes: [{ name: "kubelet", hostPath: { path: ROOT, type: "Directory" } }],
      },
    },
  ];
}

import { type Clock, silentLog } from "../../../../core/index.ts";
import type { KubeClient } from "../../../../kube/client.ts";
import { startInformer } from "../../../../kube/informer.ts";
import { CsiNodes, Events, Pods } from "../resources.ts";
import type { Pod } from "../types.ts";
import type { DriverCall } from "./recorded-driver.ts";
import type { RecordedCall, RecordedLine } from "./recording.ts";

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

export type Observed = AsyncDisposable & {
  /** In the order in which they were seen, events with their last count. */
  readonly lines: RecordedLine[];
  /** Names of pods by uid, those that are gone, too. */
  readonly names: ReadonlyMap<string, string>;
};

type EventObject = {
  involvedObject: { kind?: string; name: string; uid: string };
  reason: string;
  message: string;
  count: number;
  source: { component: string };
};

/**
 * Writes down what is seen of pods, their events and the node's drivers, as the recordings have it.
 * @param of what is looked at: one namespace, or all; `root` is kubelet's, `image` the pods', which recordings leave out
 */
export async function observe(
  client: KubeClient,
  clock: Clock,
  of: { readonly namespace?: string; readonly root: string; readonly image?: string },
): Promise<Observed> {
  const start = clock.now();
  const now = (): number => (clock.now() - start) / 1000;
  const lines: RecordedLine[] = [];
  const names = new Map<string, string>();
  const watch = { clock, log: silentLog };
  const where = of.namespace === undefined ? {} : { namespace: of.namespace };
  const pods = startInformer(client, Pods, where, watch);
  const nodes = startInformer(client, CsiNodes, {}, watch);
  const events = startInformer(client, Events, where, watch);
  const shown = new Map<string, string>();
  pods.onEvent(({ type, object }) => {
    names.set(object.metadata.uid, object.metadata.name);
    const line = podLine(now(), type, object);
    const key = JSON.stringify({ ...line, t: 0 });
    if (shown.get(line.uid) === key) return;
    shown.set(line.uid, key);
    lines.push(line);
  });
  nodes.onEvent(({ object }) => {
    lines.push({ t: now(), csinode: (object.spec.drivers ?? []).map(({ name }) => name) });
  });
  const told = new Map<string, Extract<RecordedLine, { event: string }>>();
  events.onEvent(({ type, object }) => {
    const { involvedObject, reason, message, count, source } = object as unknown as EventObject;
    // Events go an hour later, or with their namespace: what was seen stays seen.
    if (type === "DELETED" || (involvedObject.kind ?? "Pod") !== "Pod") return;
    const key = object.metadata.name ?? "";
    const known = told.get(key);
    const text = message.replaceAll(of.root, "/var/lib/kubelet");
    const line = {
      t: known?.t ?? now(),
      event: reason,
      pod: involvedObject.name,
      uid: involvedObject.uid,
      message: of.image === undefined ? text : text.replaceAll(of.image, "<image>"),
      count,
      component: source.component,
    };
    if (known !== undefined) lines.splice(lines.indexOf(known), 1);
    told.set(key, line);
    lines.push(line);
  });
  return {
    lines,
    names,
    [Symbol.asyncDispose]: async () => {
      for (const one of [events, nodes, pods]) await one[Symbol.asyncDispose]();
    },
  };
}

function podLine(t: number, podState: "ADDED" | "MODIFIED" | "DELETED", pod: Pod): RecordedLine & { uid: string } {
  const { initContainerStatuses = [], containerStatuses = [], phase = "Pending", conditions = [] } = pod.status ?? {};
  const containers = [...initContainerStatuses, ...containerStatuses].map(({ name, state }) => {
    const kind = Object.keys(state)[0] ?? "?";
    const reason = state.waiting?.reason ?? state.terminated?.reason;
    return `${name}=${kind}${reason === undefined ? "" : `:${reason}`}`;
  });
  const ready = conditions.find(({ type }) => type === "Ready")?.status ?? null;
  const { name, uid, deletionTimestamp } = pod.metadata;
  return { t, podState, pod: name, uid, phase, containers, ready, deleting: deletionTimestamp !== undefined };
}

/** A call on a driver's socket. @param start when the recording began, in milliseconds */
export function callLine(
  call: DriverCall,
  start: number,
  names: ReadonlyMap<string, string>,
  root: string,
): RecordedCall {
  const { driver, method, at, code, before, after, step, endedAt } = call;
  const t = (at - start) / 1000;
  const took = (endedAt - at) / 1000;
  const base = { t, driver, call: method, code, ...(took > 0.5 && { took }) };
  const where = /pods\/([^/]+)\/volumes\/kubernetes\.io~csi\/([^/]+)\/mount$/.exec(String(call.request["targetPath"]));
  if (where === null) return method === "NotifyRegistrationStatus" ? { ...base, request: notified(call, root) } : base;
  const [, uid = "", volume = ""] = where;
  const pod = names.get(uid) ?? uid;
  return {
    ...base,
    pod,
    uid,
    volume,
    before,
    after,
    step,
    ...(method === "NodePublishVolume" && { request: requestOf(call) }),
  };
}

/** As the recordings have it: defaults are left out. */
function notified({ request }: DriverCall, root: string): Record<string, unknown> {
  const { pluginRegistered, error } = request as { pluginRegistered: boolean; error: string };
  return {
    ...(error !== "" && { error: error.replaceAll(root, "/var/lib/kubelet") }),
    ...(pluginRegistered && { plugin_registered: true }),
  };
}

function requestOf({ request }: DriverCall): Record<string, unknown> {
  const { readonly, secrets, volumeCapability, volumeContext } = request as {
    readonly: boolean;
    secrets: Record<string, string>;
    volumeCapability: {
      accessMode: { mode: number };
      accessType: { value: { fsType: string; volumeMountGroup: string } };
    };
    volumeContext: Record<string, string>;
  };
  const { "csi.storage.k8s.io/pod.uid": _uid, ...context } = volumeContext;
  const tokens = context[TOKENS];
  const { fsType, volumeMountGroup } = volumeCapability.accessType.value;
  return {
    ...(readonly && { readonly }),
    ...(Object.keys(secrets).length > 0 && { secrets }),
    volume_capability: {
      access_mode: { mode: volumeCapability.accessMode.mode === 7 ? "SINGLE_NODE_MULTI_WRITER" : "SINGLE_NODE_WRITER" },
      mount: {
        ...(fsType !== "" && { fs_type: fsType }),
        ...(volumeMountGroup !== "" && { volume_mount_group: volumeMountGroup }),
      },
    },
    volume_context: {
      ...context,
      ...(tokens !== undefined &&
        tokens !== "spoofed" && { [TOKENS]: Object.keys(JSON.parse(tokens) as object).sort() }),
    },
  };
}

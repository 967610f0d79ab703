import type { KubeClient } from "../../kube/index.ts";
import { DaemonSets, Events, Pods } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";

type ContainerState = { readonly reason?: string; readonly message?: string; readonly exitCode?: number };
type Pod = KubeObject & {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready?: boolean;
      readonly state?: { readonly waiting?: ContainerState; readonly terminated?: ContainerState };
      readonly lastState?: { readonly terminated?: ContainerState };
    }[];
  };
};
type Event = KubeObject & {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly uid?: string };
};

/**
 * Why not all is Ready, for a person: a line for each DaemonSet that lacks pods and for each pod that is not Ready, with
 * what its containers wait for and what it was last warned of.
 */
export async function unreadyReasons(admin: KubeClient): Promise<string[]> {
  const [sets, pods, events] = await Promise.all([admin.list(DaemonSets), admin.list(Pods), admin.list(Events)]);
  const lacking = sets.items.flatMap((set) => {
    const { desiredNumberScheduled: wanted = 0, currentNumberScheduled: placed = 0 } = (set["status"] ?? {}) as Record<
      string,
      number
    >;
    return placed < wanted || wanted === 0 ? [`daemonset ${nameOf(set)}: ${placed} of ${wanted} pods are placed`] : [];
  });
  const waiting = (pods.items as Pod[])
    .filter(({ status }) => !isReady(status))
    .map((pod) => `pod ${nameOf(pod)}: ${[...stateOf(pod), ...warningsOf(pod, events.items as Event[])].join("; ")}`);
  return [...lacking, ...waiting];
}

function isReady(status: Pod["status"]): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
}

function stateOf({ status, spec }: Pod): string[] {
  const { nodeName } = (spec ?? {}) as { nodeName?: string };
  const containers = (status?.containerStatuses ?? [])
    .filter(({ ready }) => ready !== true)
    .map(({ name, state, lastState }) => {
      const { waiting, terminated = lastState?.terminated } = state ?? {};
      const { reason = "not ready", message } = waiting ?? terminated ?? {};
      const ended = terminated === undefined ? "" : `, ended with ${terminated.exitCode}`;
      return `container ${name}: ${reason}${ended}${message === undefined ? "" : ` (${message})`}`;
    });
  return [`${status?.phase ?? "Pending"}${nodeName === undefined ? ", on no node" : ""}`, ...containers];
}

function warningsOf(pod: Pod, events: readonly Event[]): string[] {
  const last = events.findLast(
    ({ type, involvedObject }) => type === "Warning" && involvedObject?.uid === pod.metadata.uid,
  );
  return last === undefined ? [] : [`${last.reason}: ${last.message}`];
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

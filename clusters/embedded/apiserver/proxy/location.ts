import type { KubeObject } from "../../../../kube/types.ts";
import type { ServerContext } from "../server-context.ts";
import { badRequest, notFoundObject } from "../validation/field-error.ts";

/** Where the kubelet of a pod's node is, and the container that is meant there (registry/core/pod/strategy.go). */
export type Location = { readonly host: string; readonly port: number; readonly path: string };

type Named = { readonly name: string };
type PodParts = {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly Named[];
    readonly initContainers?: readonly Named[];
    readonly ephemeralContainers?: readonly Named[];
  };
  readonly status?: { readonly phase?: string };
};
type NodeParts = {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
  };
};

const KUBELET_PORT = 10_250;

/** @returns undefined while the pod has no node: it has no log, then */
export function logLocation(server: ServerContext, pod: KubeObject, query: URLSearchParams): Location | undefined {
  const container = containerOf(pod, query.get("container"));
  if (partsOf(pod).spec.nodeName === undefined) return undefined;
  return located(server, pod, `containerLogs/${ownPath(pod)}/${encodeURIComponent(container)}`);
}

/** @param action `exec`, `attach` or `portforward` */
export function streamLocation(
  server: ServerContext,
  pod: KubeObject,
  action: string,
  query: URLSearchParams,
): Location {
  const isForward = action === "portforward";
  const container = isForward ? "" : containerOf(pod, query.get("container"));
  const { spec, status } = partsOf(pod);
  const phase = status?.phase ?? "";
  if (!isForward && (phase === "Succeeded" || phase === "Failed"))
    throw badRequest(`cannot ${action} into a container in a completed pod; current phase is ${phase}`);
  if (spec.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name ?? ""} does not have a host assigned`);
  const path = isForward ? `portForward/${ownPath(pod)}` : `${action}/${ownPath(pod)}/${encodeURIComponent(container)}`;
  return located(server, pod, path);
}

function located({ store }: ServerContext, pod: KubeObject, path: string): Location {
  const node = store.get("/nodes", partsOf(pod).spec.nodeName ?? "") as (KubeObject & NodeParts) | undefined;
  // A real server names the node and says "pods": its kind is taken from the request.
  if (node === undefined) throw notFoundObject("", "pods", partsOf(pod).spec.nodeName ?? "");
  const host = node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
  return { host, port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? KUBELET_PORT, path: `/${path}` };
}

function ownPath({ metadata: { namespace = "", name = "" } }: KubeObject): string {
  return `${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** The one that is named, or the only one. */
function containerOf(pod: KubeObject, wanted: string | null): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = partsOf(pod).spec;
  const podName = pod.metadata.name ?? "";
  if (wanted !== null && wanted !== "") {
    const isThere = [...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === wanted);
    if (!isThere) throw badRequest(`container ${wanted} is not valid for pod ${podName}`);
    return wanted;
  }
  const [only, ...others] = containers;
  const listed = (list: readonly Named[]): string => `[${list.map(({ name }) => name).join(" ")}]`;
  if (only !== undefined && others.length === 0) return only.name;
  const init = initContainers.length > 0 ? ` or one of the init containers: ${listed(initContainers)}` : "";
  const choose = `choose one of: ${listed(containers)}${init}`;
  throw badRequest(`a container name must be specified for pod ${podName}, ${choose}`);
}

function partsOf(pod: KubeObject): PodParts {
  return pod as unknown as PodParts;
}

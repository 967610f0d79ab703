import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { selects } from "../../../kube/label-selector.ts";
import { EndpointSlices, Endpoints, Pods, Services } from "../../../kube/resources.ts";
import type { KubeObject } from "../../../kube/types.ts";
import { keyOf, type StartController, splitKey } from "./context.ts";
import { isActive, isReady, type Pod } from "./objects.ts";
import { startQueue } from "./queue.ts";

type ServicePort = {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly protocol?: string;
};
export type SelectingService = KubeObject & {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
    readonly publishNotReadyAddresses?: boolean;
  };
};
type EndpointAddress = {
  readonly ip: string;
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly targetRef: { readonly kind: "Pod"; readonly name: string; readonly namespace: string; readonly uid: string };
};
type EndpointPort = { readonly name?: string; readonly port: number; readonly protocol: string };
export type EndpointSubset = {
  readonly addresses?: readonly EndpointAddress[];
  readonly notReadyAddresses?: readonly EndpointAddress[];
  readonly ports?: readonly EndpointPort[];
};

const SERVICE_NAME = "kubernetes.io/service-name";
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";

/** Lists the pods behind each Service with a selector (kube-controller-manager, endpoint and endpointslice controllers). */
export const startEndpointsController: StartController = async ({ client, clock, log, informer }) => {
  const services = await informer(Services as Resource<SelectingService>);
  const pods = await informer(Pods as Resource<Pod>);
  const unlessGone = (error: unknown): void => {
    if (!isKubeStatus(error, "NotFound")) throw error;
  };
  const writeEndpoints = async (service: SelectingService, subsets: readonly EndpointSubset[]): Promise<void> => {
    const { name = "", namespace = "", labels = {} } = service.metadata;
    const found = (await client.find(Endpoints, name, namespace)) as (KubeObject & { subsets?: unknown }) | undefined;
    if (found !== undefined && JSON.stringify(found.subsets ?? []) === JSON.stringify(subsets)) return;
    const metadata = {
      name,
      namespace,
      labels: { ...labels, "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
    };
    const object = { apiVersion: "v1", kind: "Endpoints", metadata, ...(subsets.length > 0 && { subsets }) };
    if (found === undefined) await client.create(Endpoints, object);
    else await client.update(Endpoints, { ...object, metadata: { ...found.metadata, labels: metadata.labels } });
  };
  const writeSlice = async (service: SelectingService, subsets: readonly EndpointSubset[]): Promise<void> => {
    const { name = "", namespace = "", uid = "", labels = {} } = service.metadata;
    const { items } = await client.list(EndpointSlices, { namespace, labelSelector: `${SERVICE_NAME}=${name}` });
    const wanted = sliceParts(subsets);
    const [found] = items as (KubeObject & { endpoints?: unknown; ports?: unknown })[];
    if (found !== undefined && JSON.stringify([found.endpoints ?? [], found.ports ?? []]) === JSON.stringify(wanted))
      return;
    const [endpoints, ports] = wanted;
    const owner = { apiVersion: "v1", kind: "Service", name, uid, controller: true, blockOwnerDeletion: true };
    const own = { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: "endpointslice-controller.k8s.io" };
    const body = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4", endpoints, ports };
    if (found !== undefined) {
      await client.update(EndpointSlices, { ...body, metadata: { ...found.metadata, labels: own } });
      return;
    }
    const metadata = { generateName: `${name}-`, namespace, labels: own, ownerReferences: [owner] };
    await client.create(EndpointSlices, { ...body, metadata });
  };
  const queue = startQueue({
    name: "endpoints-controller",
    clock,
    log,
    workers: 2,
    reconcile: async (key) => {
      const { name, namespace = "" } = splitKey(key);
      const service = services.get(name, namespace);
      if (service === undefined) return await client.delete(Endpoints, { name, namespace }).then(() => {}, unlessGone);
      if (service.spec?.selector === undefined || service.metadata.deletionTimestamp !== undefined) return;
      const subsets = subsetsOf(service, pods.list());
      await writeEndpoints(service, subsets).catch(unlessGone);
      await writeSlice(service, subsets).catch(unlessGone);
    },
  });
  services.onEvent(({ object }) => queue.add(keyOf(object)));
  pods.onEvent(({ object, old }) => {
    for (const service of services.list()) {
      const { selector } = service.spec ?? {};
      if (selector === undefined || service.metadata.namespace !== object.metadata.namespace) continue;
      const isMeant = [object, old].some(
        (pod) => pod !== undefined && selects({ matchLabels: selector }, pod.metadata.labels),
      );
      if (isMeant) queue.add(keyOf(service));
    }
  });
  return queue;
};

/** The pods behind a Service, in groups that have the same ports. Pure. */
export function subsetsOf({ metadata, spec }: SelectingService, pods: readonly Pod[]): EndpointSubset[] {
  const { selector = {}, ports = [], publishNotReadyAddresses = false } = spec ?? {};
  const groups = new Map<string, { ready: EndpointAddress[]; rest: EndpointAddress[]; ports: EndpointPort[] }>();
  const behind = pods.filter(
    (pod) =>
      pod.metadata.namespace === metadata.namespace &&
      ipOf(pod) !== "" &&
      isActive(pod) &&
      selects({ matchLabels: selector }, pod.metadata.labels),
  );
  for (const pod of behind.toSorted((a, b) => ipOf(a).localeCompare(ipOf(b)))) {
    const found = ports.flatMap((port) => {
      const number = portOf(pod, port);
      if (number === undefined) return [];
      return [{ ...(port.name !== undefined && { name: port.name }), port: number, protocol: port.protocol ?? "TCP" }];
    });
    if (found.length === 0 && ports.length > 0) continue;
    const key = JSON.stringify(found);
    const group = groups.get(key) ?? { ready: [], rest: [], ports: found };
    groups.set(key, group);
    (isReady(pod) || publishNotReadyAddresses ? group.ready : group.rest).push(addressOf(pod));
  }
  return [...groups.values()].map(({ ready, rest, ports: own }) => ({
    ...(ready.length > 0 && { addresses: ready }),
    ...(rest.length > 0 && { notReadyAddresses: rest }),
    ...(own.length > 0 && { ports: own }),
  }));
}

function ipOf({ status }: Pod): string {
  return (status as { podIP?: string } | undefined)?.podIP ?? "";
}

function addressOf(pod: Pod): EndpointAddress {
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec as { hostname?: string; subdomain?: string; nodeName?: string };
  return {
    ip: ipOf(pod),
    // A headless Service's name comes before such a host's.
    ...(hostname !== undefined && subdomain !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    targetRef: { kind: "Pod", name, namespace, uid },
  };
}

/** A named port is the pod's own business. */
function portOf(pod: Pod, { port, targetPort }: ServicePort): number | undefined {
  if (targetPort === undefined) return port;
  if (typeof targetPort === "number") return targetPort;
  const { containers = [] } = pod.spec as { containers?: { ports?: { name?: string; containerPort: number }[] }[] };
  return containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === targetPort)?.containerPort;
}

function sliceParts(subsets: readonly EndpointSubset[]): [object[], object[]] {
  const endpoint = ({ ip, nodeName, hostname, targetRef }: EndpointAddress, ready: boolean): object => ({
    addresses: [ip],
    conditions: { ready, serving: ready, terminating: false },
    ...(hostname !== undefined && { hostname }),
    targetRef,
    ...(nodeName !== undefined && { nodeName }),
  });
  const endpoints = subsets.flatMap(({ addresses = [], notReadyAddresses = [] }) => [
    ...addresses.map((one) => endpoint(one, true)),
    ...notReadyAddresses.map((one) => endpoint(one, false)),
  ]);
  const [{ ports = [] } = {}] = subsets;
  return [endpoints, ports.map(({ name = "", port, protocol }) => ({ name, port, protocol }))];
}

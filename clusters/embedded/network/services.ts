import type { Clock, Log } from "../../../core/index.ts";
import type { KubeClient, Resource } from "../../../kube/client.ts";
import { startInformer } from "../../../kube/informer.ts";
import { Endpoints, Services } from "../../../kube/resources.ts";
import type { KubeObject } from "../../../kube/types.ts";
import type { PodNetwork } from "./pod-network.ts";
import { type Lead, startRelay } from "./relay.ts";

type Port = { readonly name?: string; readonly port: number; readonly protocol?: string };
export type Service = KubeObject & {
  readonly spec?: { readonly clusterIP?: string; readonly ports?: readonly Port[]; readonly externalName?: string };
};
type Address = { readonly ip: string; readonly hostname?: string };
type Subset = { readonly addresses?: readonly Address[]; readonly ports?: readonly Port[] };
export type ServiceEndpoints = KubeObject & { readonly subsets?: readonly Subset[] };

export type Deps = { readonly client: KubeClient; readonly clock: Clock; readonly log: Log };

/** What is known of the cluster's Services: for names, and for connections to their addresses. */
export interface ServiceTable extends AsyncDisposable {
  find(namespace: string, name: string): Service | undefined;
  endpoints(namespace: string, name: string): readonly Address[];
}

/**
 * kube-proxy in user space: listens at each Service's address while something stands behind it, so that a Service
 * without endpoints refuses connections, and spreads connections over the endpoints in turn.
 */
export async function startServices(
  network: PodNetwork,
  reach: (ip: string, port: number) => ReturnType<Lead>,
  { client, clock, log }: Deps,
): Promise<ServiceTable> {
  const services = startInformer(client, Services as Resource<Service>, {}, { clock, log });
  const endpoints = startInformer(client, Endpoints as Resource<ServiceEndpoints>, {}, { clock, log });
  await Promise.all([services.synced, endpoints.synced]);
  const relays = new Map<string, Promise<AsyncDisposable | undefined>>();
  let turn = 0;
  const targets = (namespace: string, name: string, port: Port): { ip: string; port: number }[] =>
    (endpoints.get(name, namespace)?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
      const found = ports.find((one) => (one.name ?? "") === (port.name ?? ""));
      return found === undefined ? [] : addresses.map(({ ip }) => ({ ip, port: found.port }));
    });
  const open = async (
    key: string,
    namespace: string,
    name: string,
    ip: string,
    port: Port,
  ): Promise<AsyncDisposable | undefined> => {
    try {
      return await startRelay(network.router, ip, port.port, async () => {
        const all = targets(namespace, name, port);
        const target = all[turn++ % Math.max(1, all.length)];
        if (target === undefined) throw new Error("no endpoints");
        return await reach(target.ip, target.port);
      });
    } catch (error) {
      log.warn("a Service has no place in the network", { service: key, error: (error as Error).message });
      return undefined;
    }
  };
  const look = (namespace: string, name: string): void => {
    const service = services.get(name, namespace);
    const ip = service?.spec?.clusterIP ?? "";
    const wanted = new Map<string, Port>();
    if (/^10\./.test(ip))
      for (const port of service?.spec?.ports ?? [])
        if ((port.protocol ?? "TCP") === "TCP" && targets(namespace, name, port).length > 0)
          wanted.set(`${namespace}/${name} ${ip}:${port.port}`, port);
    for (const [key, relay] of relays)
      if (key.startsWith(`${namespace}/${name} `) && !wanted.has(key)) {
        relays.delete(key);
        void relay.then((running) => running?.[Symbol.asyncDispose]());
      }
    for (const [key, port] of wanted) if (!relays.has(key)) relays.set(key, open(key, namespace, name, ip, port));
  };
  const watch = ({ object }: { readonly object: KubeObject }): void =>
    look(object.metadata.namespace ?? "", object.metadata.name ?? "");
  const watches = [services.onEvent(watch), endpoints.onEvent(watch)];
  return {
    find: (namespace, name) => services.get(name, namespace),
    endpoints: (namespace, name) =>
      (endpoints.get(name, namespace)?.subsets ?? []).flatMap((one) => one.addresses ?? []),
    [Symbol.asyncDispose]: async () => {
      for (const one of watches) one[Symbol.dispose]();
      await services[Symbol.asyncDispose]();
      await endpoints[Symbol.asyncDispose]();
      for (const relay of relays.values()) await (await relay)?.[Symbol.asyncDispose]();
    },
  };
}

import { connect, type Socket } from "node:net";
import { Scope } from "../../../core/index.ts";
import type { Resolver } from "../../../net/index.ts";
import { type Answer, serveDns } from "./dns.ts";
import { Outside } from "./outside.ts";
import type { PodNetwork } from "./pod-network.ts";
import { type Deps, type ServiceTable, startServices } from "./services.ts";

/** kubeadm's address of the cluster's DNS. */
export const DNS_ADDRESS = "10.96.0.10";
export const ZONE = "cluster.local";

export type ServeClusterSpec = Deps & {
  readonly network: PodNetwork;
  /** Where the API server really listens, and the address that its Endpoints name. */
  readonly apiserver: { readonly address: string; readonly port: number };
  /** Know what lies beyond the cluster, by name or address. */
  readonly resolvers: readonly Resolver[];
};

/** Fills the network with what a cluster has in it: the API server, Services, DNS, and what stands for the outside. */
export async function serveCluster(spec: ServeClusterSpec): Promise<AsyncDisposable> {
  const { network, apiserver, resolvers } = spec;
  return await Scope.run("cluster network", async (scope) => {
    const outside = scope.use(await Outside.start(network.router, resolvers));
    const reach = async (ip: string, port: number): Promise<Socket> => {
      if (ip === apiserver.address) return await locally(apiserver.port);
      return network.holds(ip) ? await network.connect(ip, port) : await outside.reach(ip, port);
    };
    const services = scope.use(await startServices(network, reach, spec));
    scope.use(await serveDns(network.router, DNS_ADDRESS, (name) => resolve(name, services, outside)));
    return scope;
  });
}

/** This process's own listeners stand on loopback, outside of the run's network. */
function locally(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** As CoreDNS answers in a cluster: its Services, headless ones by their endpoints, and then the outside. */
async function resolve(name: string, services: ServiceTable, outside: Outside): Promise<Answer> {
  const clean = name.replace(/\.$/, "");
  if (!clean.endsWith(`.${ZONE}`)) {
    const address = await outside.addressOf(clean);
    return address === undefined ? undefined : [address];
  }
  const labels = clean.slice(0, -ZONE.length - 1).split(".");
  const [kind, namespace = "", service = "", host, ...more] = labels.toReversed();
  if (kind === "pod" && service !== "" && host === undefined) return [service.replaceAll("-", ".")];
  if (kind !== "svc" || more.length > 0) return undefined;
  const found = services.find(namespace, service);
  if (found === undefined) return undefined;
  const { clusterIP = "", externalName } = found.spec ?? {};
  if (externalName !== undefined) return await resolve(externalName, services, outside);
  const endpoints = services.endpoints(namespace, service);
  if (host !== undefined) {
    const ips = endpoints.filter(({ hostname }) => hostname === host).map(({ ip }) => ip);
    return ips.length > 0 ? ips : undefined;
  }
  return clusterIP === "None" ? endpoints.map(({ ip }) => ip) : [clusterIP];
}

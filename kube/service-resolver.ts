import type { Resolver, Route } from "../net/index.ts";
import type { KubeClient } from "./client.ts";
import { Endpoints, Services } from "./resources.ts";
import type { KubeObject } from "./types.ts";

type ServicePort = { readonly name?: string; readonly port: number };
type Subset = {
  readonly addresses?: readonly { readonly ip: string }[];
  readonly ports?: readonly { readonly name?: string; readonly port: number }[];
};

/**
 * Cluster DNS and kube-proxy in one step: a Service's name leads to the first of its ready endpoints, as Service and
 * Endpoints stand in the API server now.
 * @param reach where an endpoint's address really is, in this run
 */
export function serviceResolver(client: KubeClient, reach: (ip: string, port: number) => Route | undefined): Resolver {
  return async (host, port) => {
    const name = serviceName(host);
    if (name === undefined) return reach(host, port);
    const service = await client.find(Services, name.service, name.namespace);
    if (service === undefined) return undefined;
    const ports = ((service["spec"] ?? {}) as { ports?: readonly ServicePort[] }).ports ?? [];
    const wanted = ports.find((one) => one.port === port);
    if (wanted === undefined) throw refused(host, port);
    const endpoints = await client.find(Endpoints, name.service, name.namespace);
    const target = endpoints === undefined ? undefined : firstEndpoint(endpoints, wanted.name);
    const route = target === undefined ? undefined : reach(target.ip, target.port);
    if (route === undefined) throw refused(host, port);
    return route;
  };
}

/** `vault.vault.svc`, `vault.vault.svc.cluster.local`, `vault.vault` */
function serviceName(host: string): { readonly service: string; readonly namespace: string } | undefined {
  const match = /^([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?\.?$/.exec(host);
  if (match === null || /^\d+$/.test(match[1] ?? "")) return undefined;
  return { service: match[1] ?? "", namespace: match[2] ?? "" };
}

function firstEndpoint(endpoints: KubeObject, portName: string | undefined): { ip: string; port: number } | undefined {
  for (const { addresses = [], ports = [] } of (endpoints["subsets"] ?? []) as readonly Subset[]) {
    const [address] = addresses;
    const port = ports.find(({ name }) => name === portName) ?? ports[0];
    if (address !== undefined && port !== undefined) return { ip: address.ip, port: port.port };
  }
  return undefined;
}

/** A Service without endpoints refuses connections, as kube-proxy has it. */
function refused(host: string, port: number): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${host}:${port}`), { code: "ECONNREFUSED" });
}

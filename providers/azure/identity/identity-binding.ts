import { createHash } from "node:crypto";
import type { AzureRequest } from "../azure-http.ts";

const BASE32_HEX = "0123456789abcdefghijklmnopqrstuv";

/**
 * The server name that a cluster's token proxy is met under, of the X in its API server's name
 * `hcp-kubernetes.X.svc.cluster.local`.
 */
export function sniNameOf(clusterId: string): string {
  const digest = createHash("sha256").update(`identity-binding${clusterId}`).digest();
  let bits = "";
  for (const byte of digest) bits += byte.toString(2).padStart(8, "0");
  const groups = bits.match(/.{1,5}/g) ?? [];
  const text = groups.map((group) => BASE32_HEX[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
  return `a${text}.ests.aks`;
}

/**
 * Sends what is meant for Entra ID to the proxy: path and query stay, and so does the host's name.
 * @throws Error for an address that is none
 */
export function proxiedTo(proxyUrl: string): (request: AzureRequest) => AzureRequest {
  const bad = (why: string): never => {
    throw new Error(`proxy transport not available: invalid token proxy URL ${JSON.stringify(proxyUrl)}: ${why}`);
  };
  if (!URL.canParse(proxyUrl)) bad("it is no URL");
  const proxy = new URL(proxyUrl);
  if (proxy.protocol !== "https:") bad("its scheme must be https");
  if (proxy.username !== "" || proxy.search !== "" || proxy.hash !== "") bad("it must have no user, query or fragment");
  return (request) => {
    const { host, pathname, search } = new URL(request.url);
    return {
      ...request,
      url: `${proxy.origin}${proxy.pathname.replace(/\/+$/, "")}${pathname}${search}`,
      headers: { ...request.headers, host },
    };
  };
}

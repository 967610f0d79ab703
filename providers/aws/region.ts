import type { KubeReader } from "./kube-reader.ts";
import { REGION_LABEL } from "./spec.ts";

/** A DNS label: the SDK makes host names of regions, and refuses to of anything else. */
const HOST_LABEL = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/;

export function isRegionName(region: string): boolean {
  return HOST_LABEL.test(region);
}

export type RegionQuestion = {
  readonly region: string;
  readonly failoverRegion: string;
  /** `AWS_REGION` of the provider itself. */
  readonly ownRegion: string;
  readonly pod: { readonly namespace: string; readonly name: string };
};

/**
 * Where to ask: the class's region, else the provider's own, else that of the pod's node; then the failover region.
 * @throws Error with the real provider's words
 */
export async function regionsOf(question: RegionQuestion, kube: KubeReader, signal: AbortSignal): Promise<string[]> {
  const { failoverRegion, ownRegion, pod } = question;
  let { region } = question;
  if (region === "") {
    try {
      region = ownRegion || (await regionOfNode(pod, kube, signal));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new Error(`failed to retrieve region from node. error ${error instanceof Error ? error.message : error}`);
    }
  }
  if (failoverRegion === "") return [region];
  if (failoverRegion === region) throw new Error(`${region}: failover region cannot be the same as the primary region`);
  return [region, failoverRegion];
}

async function regionOfNode(pod: RegionQuestion["pod"], kube: KubeReader, signal: AbortSignal): Promise<string> {
  const found = await kube.get(`/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`, signal);
  const { nodeName = "" } = (found["spec"] ?? {}) as { nodeName?: string };
  const node = await kube.get(`/api/v1/nodes/${nodeName}`, signal);
  const region = node.metadata.labels?.[REGION_LABEL] ?? "";
  if (region === "") throw new Error("Region not found");
  return region;
}

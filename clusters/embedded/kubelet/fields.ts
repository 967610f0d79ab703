import type { Container, Pod } from "./types.ts";

/** What a pod's own fields say to its containers: `fieldRef` and `resourceFieldRef` in env and downwardAPI files. */
export type PodFacts = {
  readonly nodeName: string;
  readonly hostIP: string;
  /** Known once the sandbox runs. */
  readonly podIP: string;
};

/** @returns undefined for a field that the downward API does not offer */
export function podField(pod: Pod, path: string, facts: PodFacts): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) {
    const map = keyed[1] === "labels" ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[keyed[2] ?? ""] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return pod.metadata.name;
    case "metadata.namespace":
      return pod.metadata.namespace;
    case "metadata.uid":
      return pod.metadata.uid;
    case "metadata.labels":
      return quotedLines(pod.metadata.labels ?? {});
    case "metadata.annotations":
      return quotedLines(pod.metadata.annotations ?? {});
    case "spec.nodeName":
      return pod.spec.nodeName ?? facts.nodeName;
    case "spec.serviceAccountName":
      return pod.spec.serviceAccountName ?? "default";
    case "status.hostIP":
    case "status.hostIPs":
      return facts.hostIP;
    case "status.podIP":
    case "status.podIPs":
      return facts.podIP;
    default:
      return undefined;
  }
}

/** `key="value"` lines, sorted, as the downward API writes maps. */
function quotedLines(map: Record<string, string>): string {
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
    .join("\n");
}

const SUFFIXES: Record<string, number> = {
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** `limits.cpu` and its like, rounded up in units of `divisor`; a limit that is not set counts as 0. */
export function resourceField(container: Container, resource: string, divisor = "1"): string {
  const [kind, name] = [resource.slice(0, resource.indexOf(".")), resource.slice(resource.indexOf(".") + 1)];
  const amounts = kind === "requests" ? container.resources?.requests : container.resources?.limits;
  const unit = quantity(divisor === "0" ? "1" : divisor);
  return String(Math.ceil(quantity(amounts?.[name] ?? "0") / unit));
}

function quantity(text: string): number {
  const match = /^([0-9.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text);
  return match === null ? 0 : Number(match[1]) * (SUFFIXES[match[2] ?? ""] ?? 1);
}

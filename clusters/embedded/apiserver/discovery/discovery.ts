import type { HttpExchange } from "../../../../net/index.ts";
import type { Kind } from "../kinds/kind.ts";
import type { Registry } from "../kinds/registry.ts";

type Groups = Map<string, Map<string, Kind[]>>;

/** Groups in order of registration, versions in Kubernetes' order of stability, kinds by plural. */
function groupsOf(registry: Registry): Groups {
  const groups: Groups = new Map();
  for (const kind of registry.all()) {
    const versions = groups.get(kind.group) ?? new Map<string, Kind[]>();
    groups.set(kind.group, versions);
    versions.set(kind.version, [...(versions.get(kind.version) ?? []), kind]);
  }
  for (const [group, versions] of groups) {
    const sorted = [...versions].sort(([a], [b]) => rank(b) - rank(a) || (a < b ? -1 : 1));
    groups.set(group, new Map(sorted.map(([version, kinds]) => [version, [...kinds].sort(byPlural)])));
  }
  return groups;
}

const byPlural = (a: Kind, b: Kind): number => (a.plural < b.plural ? -1 : 1);

/** v2 > v1 > v1beta1 > v1alpha1 > anything else (k8s.io/apimachinery, version/helpers.go). */
function rank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return -1;
  const stability = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
  return stability * 1_000_000 + Number(match[1]) * 1000 + Number(match[3] ?? 0);
}

const AGGREGATED = /application\/json\s*;[^,]*as=APIGroupDiscoveryList/;

/** Answers `/api`, `/apis` and what is below them; false when the path is none of discovery's. */
export function serveDiscovery(exchange: HttpExchange, registry: Registry, serverAddress: string): boolean {
  const parts = exchange.path.split("/").filter((part) => part !== "");
  const [root, first, second] = parts;
  if (root === "api" && parts.length === 1) {
    if (wantsAggregated(exchange)) sendAggregated(exchange, registry, true);
    else
      exchange.json(200, {
        kind: "APIVersions",
        versions: ["v1"],
        serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
      });
    return true;
  }
  if (root === "apis" && parts.length === 1) {
    if (wantsAggregated(exchange)) sendAggregated(exchange, registry, false);
    else exchange.json(200, { kind: "APIGroupList", apiVersion: "v1", groups: groupList(registry) });
    return true;
  }
  if (root === "apis" && parts.length === 2) {
    const group = groupList(registry).find(({ name }) => name === first);
    if (group === undefined) return false;
    exchange.json(200, { kind: "APIGroup", apiVersion: "v1", ...group });
    return true;
  }
  const [group, version] = root === "api" ? ["", first] : [first ?? "", second];
  const isVersion = (root === "api" && parts.length === 2) || (root === "apis" && parts.length === 3);
  const kinds = isVersion
    ? groupsOf(registry)
        .get(group)
        ?.get(version ?? "")
    : undefined;
  if (kinds === undefined) return false;
  exchange.json(200, {
    kind: "APIResourceList",
    ...(root === "apis" && { apiVersion: "v1" }),
    groupVersion: root === "api" ? "v1" : `${group}/${version}`,
    resources: kinds.flatMap(resources),
  });
  return true;
}

function wantsAggregated({ headers }: HttpExchange): boolean {
  return AGGREGATED.test(headers.accept ?? "");
}

function groupList(registry: Registry) {
  return [...groupsOf(registry)]
    .filter(([group]) => group !== "")
    .map(([group, versions]) => {
      const list = [...versions.keys()].map((version) => ({ groupVersion: `${group}/${version}`, version }));
      return { name: group, versions: list, preferredVersion: list[0] };
    });
}

function resources(kind: Kind): object[] {
  const { plural, singular, namespaced, verbs, shortNames, categories } = kind;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind: kind.kind,
      verbs,
      ...(shortNames !== undefined && { shortNames }),
      ...(categories !== undefined && { categories }),
    },
    ...kind.subresources.map((sub) => ({
      name: `${plural}/${sub.name}`,
      singularName: "",
      namespaced,
      ...(sub.group !== undefined && { group: sub.group, version: sub.version }),
      kind: sub.kind ?? kind.kind,
      verbs: sub.verbs,
    })),
  ];
}

function sendAggregated(exchange: HttpExchange, registry: Registry, isCore: boolean): void {
  const version =
    /as=APIGroupDiscoveryList/.test(exchange.headers.accept ?? "") &&
    /v=v2[;,\s]|v=v2$/.test(exchange.headers.accept ?? "")
      ? "v2"
      : "v2beta1";
  const items = [...groupsOf(registry)]
    .filter(([group]) => (group === "") === isCore)
    .map(([group, versions]) => ({
      metadata: group === "" ? {} : { name: group },
      versions: [...versions].map(([name, kinds]) => ({
        version: name,
        resources: kinds.map(aggregated),
        freshness: "Current",
      })),
    }));
  exchange.respond(
    200,
    { "content-type": `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` },
    JSON.stringify({
      kind: "APIGroupDiscoveryList",
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items,
    }),
  );
}

function aggregated(kind: Kind): object {
  const scope = kind.namespaced ? "Namespaced" : "Cluster";
  const { plural, singular, verbs, shortNames, categories, subresources } = kind;
  return {
    resource: plural,
    responseKind: kindOf(kind),
    scope,
    singularResource: singular,
    verbs,
    ...(shortNames !== undefined && { shortNames }),
    ...(categories !== undefined && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: kindOf({ ...kind, ...sub, kind: sub.kind ?? kind.kind }),
        verbs: sub.verbs,
      })),
    }),
  };
}

function kindOf({ group, version, kind }: Pick<Kind, "group" | "version" | "kind">): object {
  return { group, version, kind };
}

import { createHash } from "node:crypto";
import type { HttpExchange } from "../../../../net/index.ts";
import type { Kind, Verb } from "../kinds/kind.ts";
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

/** CustomResources list their verbs in an order of their own (apiextensions-apiserver, discovery controller). */
const CUSTOM_VERBS: readonly Verb[] = [
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "create",
  "update",
  "watch",
];
const verbsOf = ({ isCustom, verbs }: Kind): readonly Verb[] =>
  isCustom === true ? CUSTOM_VERBS.filter((verb) => verbs.includes(verb)) : verbs;

/** Tells clients when a kind is stored in another form (k8s.io/apiserver, discovery/storageversionhash.go). */
function storageHash({ group, kind, version }: Kind): string {
  return createHash("sha256").update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");
}

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
  const { plural, singular, namespaced, shortNames, categories } = kind;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      ...(shortNames !== undefined && { shortNames }),
      ...(categories !== undefined && { categories }),
      ...(kind.verbs.includes("watch") && { storageVersionHash: storageHash(kind) }),
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
  const text = JSON.stringify({
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items,
  });
  // Clients keep what they have seen and ask whether it still holds.
  const etag = `"${createHash("sha512").update(text).digest("hex").toUpperCase()}"`;
  const headers = { etag, vary: "Accept" };
  if (exchange.headers["if-none-match"] === etag) {
    exchange.respond(304, headers);
    return;
  }
  const form = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  exchange.respond(200, { ...headers, "content-type": form }, text);
}

function aggregated(kind: Kind): object {
  const scope = kind.namespaced ? "Namespaced" : "Cluster";
  const { plural, singular, shortNames, categories, subresources } = kind;
  return {
    resource: plural,
    responseKind: responseKind(kind, kind),
    scope,
    singularResource: singular,
    verbs: verbsOf(kind),
    ...(shortNames !== undefined && { shortNames }),
    ...(categories !== undefined && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: responseKind(kind, sub),
        verbs: sub.verbs,
      })),
    }),
  };
}

/** Built-in kinds of the version's own group leave group and version empty. */
function responseKind(kind: Kind, of: Partial<Pick<Kind, "group" | "version" | "kind">>): object {
  const own = kind.isCustom === true ? { group: kind.group, version: kind.version } : { group: "", version: "" };
  const { group, version } = of === kind ? own : { group: of.group ?? own.group, version: of.version ?? own.version };
  return { group, version, kind: of.kind ?? kind.kind };
}

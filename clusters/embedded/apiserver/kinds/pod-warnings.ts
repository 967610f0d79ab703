import { sameJson } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";

type Named = { readonly name?: string };
type Env = Named & { readonly value?: string; readonly valueFrom?: unknown };
type Port = Named & {
  readonly containerPort?: number;
  readonly protocol?: string;
  readonly hostPort?: number;
  readonly hostIP?: string;
};
type Container = {
  readonly env?: readonly Env[];
  readonly ports?: readonly Port[];
  readonly resources?: Readonly<Record<string, Readonly<Record<string, string>>>>;
};
type PodSpec = {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly hostAliases?: readonly { readonly ip?: string }[];
  readonly imagePullSecrets?: readonly Named[];
  readonly terminationGracePeriodSeconds?: number;
};

/** Notes about a pod, and about the pods of a workload whose specification is new or changed. */
export function podWarnings(object: KubeObject): string[] {
  return warningsOf((object["spec"] ?? {}) as PodSpec, "spec");
}

export function templateWarnings(path: readonly string[] = ["spec", "template"]) {
  return (object: KubeObject, old: KubeObject | undefined): string[] => {
    if (old !== undefined && sameJson(old["spec"], object["spec"])) return [];
    const template = path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], object);
    return warningsOf((template as { spec?: PodSpec } | undefined)?.spec ?? {}, `${path.join(".")}.spec`);
  };
}

/** What a real server warns of (k8s.io/kubernetes, pkg/api/pod/warnings.go), where it concerns what is run here. */
function warningsOf(spec: PodSpec, at: string): string[] {
  const { hostAliases = [], imagePullSecrets = [], terminationGracePeriodSeconds = 0 } = spec;
  const containers = (["initContainers", "containers"] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({ ...container, at: `${at}.${list}[${index}]` })),
  );
  return [
    ...repeated(hostAliases, ({ ip = "" }) => ip).map(
      ([index, ip]) => `${at}.hostAliases[${index}].ip: duplicate ip ${JSON.stringify(ip)}`,
    ),
    ...repeated(imagePullSecrets, nameOf).map(
      ([index, name]) => `${at}.imagePullSecrets[${index}].name: duplicate name ${JSON.stringify(name)}`,
    ),
    ...imagePullSecrets.flatMap((one, index) =>
      nameOf(one) === "" ? [`${at}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
    ...containers.flatMap((one) => [...fractions(one), ...hiddenVariables(one)]),
    ...portWarnings(containers),
    ...(terminationGracePeriodSeconds < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
  ];
}

const nameOf = ({ name = "" }: Named): string => name;

/** Those of a list that another one before them is the same as. */
function repeated<T>(list: readonly T[], keyOf: (item: T) => string): [index: number, key: string][] {
  return list
    .map((item, index): [number, string] => [index, keyOf(item)])
    .filter(([index, key]) => list.findIndex((item) => keyOf(item) === key) < index);
}

function fractions({ at, resources = {} }: Container & { readonly at: string }): string[] {
  return ["memory", "ephemeral-storage"].flatMap((resource) =>
    ["limits", "requests"].flatMap((list) => {
      const value = resources[list]?.[resource];
      if (value === undefined || !/^\d+m$/.test(String(value)) || Number.parseInt(value, 10) % 1000 === 0) return [];
      return [`${at}.resources.${list}[${resource}]: fractional byte value "${value}" is invalid, must be an integer`];
    }),
  );
}

/** A variable that is set again hides the earlier one, unless it is made of it. */
function hiddenVariables({ at, env = [] }: Container & { readonly at: string }): string[] {
  return repeated(env, nameOf).flatMap(([index, name]) => {
    const { value = "", valueFrom } = env[index] as Env;
    const reference = `$(${name})`;
    if (valueFrom === undefined && value !== reference && value.includes(reference)) return [];
    return [`${at}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}

function portWarnings(containers: readonly (Container & { readonly at: string })[]): string[] {
  const all = containers.flatMap(({ at, ports = [] }) =>
    ports.map((port, index) => ({ port, at: `${at}.ports[${index}]` })),
  );
  const definitions = all.flatMap(({ at, port }, index) =>
    all.slice(0, index).flatMap((other) => {
      const how = overlap(port, other.port);
      return how === undefined ? [] : [`${at}: ${how} port definition with ${other.at}`];
    }),
  );
  const names = all.flatMap(({ at, port: { name = "" } }, index) => {
    const other = name === "" ? undefined : all.slice(0, index).find(({ port }) => port.name === name)?.at;
    if (other === undefined) return [];
    return [
      `${at}: duplicate port name "${name}" with ${other}, services and probes that select ports by name will use ${other}`,
    ];
  });
  return [...definitions, ...names];
}

function overlap(one: Port, other: Port): string | undefined {
  if (one.containerPort !== other.containerPort || one.protocol !== other.protocol) return undefined;
  const [ip = "", otherIp = ""] = [one.hostIP, other.hostIP];
  const [port = 0, otherPort = 0] = [one.hostPort, other.hostPort];
  if (ip === otherIp && port === otherPort) return "duplicate";
  if (port === 0 || otherPort === 0) return "overlapping";
  return port === otherPort && (ip === "") !== (otherIp === "") ? "dangerously ambiguous" : undefined;
}

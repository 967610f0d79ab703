import { sameJson } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../validation/field-error.ts";
import { DNS_LABEL, keyErrors, LABEL_TEXT, labelValueFaults } from "../validation/qualified-name.ts";
import type { Kind } from "./kind.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Port = {
  name?: string;
  protocol?: string;
  port?: number;
  targetPort?: number | string;
  nodePort?: number;
  appProtocol?: string;
};
type Spec = Record<string, unknown> & {
  type?: string;
  ports?: Port[];
  selector?: Record<string, string>;
  sessionAffinity?: string;
  sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } };
};

const specOf = (object: KubeObject): Spec => (object["spec"] ?? {}) as Spec;

const AFFINITY_SECONDS = 10_800;
const MOST_AFFINITY_SECONDS = 86_400;
const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const AFFINITIES = ["ClientIP", "None"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];

export const serviceKind: Definition = {
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  names: "label",
  subresources: [{ name: "status", verbs: ["get", "patch", "update"] }],
  selectable: {
    "spec.clusterIP": (object) => String(specOf(object)["clusterIP"] ?? ""),
    "spec.type": (object) => specOf(object).type ?? "",
  },
  defaults: (object) => {
    const spec = specOf(object);
    object["spec"] = spec;
    spec.type ??= "ClusterIP";
    spec.sessionAffinity ||= "None";
    defaultSessionAffinity(spec);
    for (const port of spec.ports ?? []) {
      port.protocol ||= "TCP";
      // None, 0 and "" are the same to Go.
      port.targetPort ||= port.port ?? 0;
    }
    if (spec.type === "ExternalName") return;
    spec["internalTrafficPolicy"] ??= "Cluster";
    object["status"] ??= { loadBalancer: {} };
  },
  prepare: (object, old) => {
    if (old !== undefined) dropWithType(specOf(object), specOf(old));
  },
  validate: (object) => serviceErrors(specOf(object)),
  warnings: (object) => serviceWarnings(specOf(object)),
};

function defaultSessionAffinity(spec: Spec): void {
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
}

const WITH_ADDRESS = ["ClusterIP", "LoadBalancer", "NodePort"];
const WITH_NODE_PORTS = ["LoadBalancer", "NodePort"];
/** Fields that some types alone have; those of one line go together. */
const OF_TYPES: readonly (readonly [types: readonly string[], fields: readonly string[]])[] = [
  [WITH_ADDRESS, ["clusterIP", "clusterIPs"]],
  [WITH_ADDRESS, ["ipFamilies", "ipFamilyPolicy"]],
  [WITH_ADDRESS, ["internalTrafficPolicy"]],
  [WITH_NODE_PORTS, ["externalTrafficPolicy"]],
  [["LoadBalancer"], ["allocateLoadBalancerNodePorts"]],
  [["LoadBalancer"], ["healthCheckNodePort"]],
  [["LoadBalancer"], ["loadBalancerClass"]],
];

/** What only the type before had goes with it, unless it is changed as well (registry/core/service, strategy.go). */
function dropWithType(spec: Spec, old: Spec): void {
  const wereOf = (types: readonly string[]): boolean =>
    types.includes(old.type ?? "") && !types.includes(spec.type ?? "");
  for (const [types, fields] of OF_TYPES)
    if (wereOf(types) && fields.every((field) => sameJson(spec[field], old[field])))
      for (const field of fields) delete spec[field];
  if (spec.ports !== undefined && wereOf(WITH_NODE_PORTS) && sameJson(nodePortsOf(spec), nodePortsOf(old)))
    // New objects: a port that did not change is the stored one.
    spec.ports = spec.ports.map(({ nodePort: _nodePort, ...port }) => port);
}

function nodePortsOf({ ports = [] }: Spec): number[] {
  return [...new Set(ports.map(({ nodePort = 0 }) => nodePort).filter((port) => port !== 0))].sort((a, b) => a - b);
}

/** What has no effect (k8s.io/kubernetes, pkg/api/service/warnings.go), as far as the cluster makes use of it. */
function serviceWarnings({ type, ...spec }: Spec): string[] {
  const isExternal = type === "ExternalName";
  const addresses = spec["externalIPs"] as readonly string[] | undefined;
  return [
    ...(isExternal && addresses?.length ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : []),
    ...(!isExternal && spec["externalName"]
      ? ['spec.externalName is ignored when spec.type is not "ExternalName"']
      : []),
  ];
}

/** What is wrong with a Service (k8s.io/kubernetes, validateService), as far as the cluster makes use of it. */
function serviceErrors(spec: Spec): FieldError[] {
  const { ports = [], selector = {}, sessionAffinity = "", type = "" } = spec;
  const isHeadless = spec["clusterIP"] === "None" || type === "ExternalName";
  const errors: FieldError[] = [];
  if (!isHeadless && ports.length === 0) errors.push(required("spec.ports"));
  if (type === "ExternalName" && !spec["externalName"]) errors.push(required("spec.externalName"));
  errors.push(...portsErrors(ports, type));
  for (const [key, value] of Object.entries(selector)) {
    errors.push(...keyErrors("spec.selector", key));
    errors.push(...labelValueFaults(value).map((why) => invalid("spec.selector", value, why)));
  }
  if (!AFFINITIES.includes(sessionAffinity))
    errors.push(notSupported("spec.sessionAffinity", sessionAffinity, AFFINITIES));
  const { timeoutSeconds = 1 } = spec.sessionAffinityConfig?.clientIP ?? {};
  if (timeoutSeconds <= 0 || timeoutSeconds > MOST_AFFINITY_SECONDS)
    errors.push(
      invalid(
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
        timeoutSeconds,
        `must be greater than 0 and less than ${MOST_AFFINITY_SECONDS}`,
      ),
    );
  if (!TYPES.includes(type)) errors.push(notSupported("spec.type", type, TYPES));
  return errors;
}

function portsErrors(ports: readonly Port[], type: string): FieldError[] {
  const names = new Set<string>();
  const errors = ports.flatMap((port, index) => portErrors(port, `spec.ports[${index}]`, ports.length > 1, names));
  const seen = { port: new Set<string>(), nodePort: new Set<string>() };
  for (const [index, { nodePort = 0 }] of ports.entries())
    if (nodePort !== 0 && type === "ClusterIP")
      errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  for (const [index, { nodePort = 0, protocol }] of ports.entries()) {
    if (nodePort !== 0 && seen.nodePort.has(`${protocol} ${nodePort}`))
      errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort));
    seen.nodePort.add(`${protocol} ${nodePort}`);
  }
  for (const [index, { port, protocol }] of ports.entries()) {
    const key = `${protocol} ${port}`;
    // Go shows the struct that it looked for.
    const shown = { Name: "", Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    if (seen.port.has(key)) errors.push(duplicate(`spec.ports[${index}]`, shown));
    seen.port.add(key);
  }
  return errors;
}

function portErrors(one: Port, at: string, needsName: boolean, names: Set<string>): FieldError[] {
  const { appProtocol, name = "", port = 0, protocol = "", targetPort = 0 } = one;
  const errors: FieldError[] = [];
  if (name === "" && needsName) errors.push(required(`${at}.name`));
  if (name !== "") {
    if (!DNS_LABEL.test(name)) errors.push(invalid(`${at}.name`, name, LABEL_TEXT));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  }
  errors.push(...numberFaults(port).map((why) => invalid(`${at}.port`, port, why)));
  if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
  const faults = typeof targetPort === "number" ? numberFaults(targetPort) : nameFaults(targetPort);
  errors.push(...faults.map((why) => invalid(`${at}.targetPort`, targetPort, why)));
  if (appProtocol !== undefined) errors.push(...keyErrors(`${at}.appProtocol`, appProtocol));
  return errors;
}

function numberFaults(port: number): string[] {
  return port >= 1 && port <= 65_535 ? [] : ["must be between 1 and 65535, inclusive"];
}

/** k8s.io/apimachinery, IsValidPortName. */
function nameFaults(name: string): string[] {
  return [
    ...(name.length > 15 ? ["must be no more than 15 bytes"] : []),
    ...(/^[-a-z0-9]+$/.test(name) ? [] : ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
    ...(/[a-z]/.test(name) ? [] : ["must contain at least one letter (a-z)"]),
    ...(name.includes("--") ? ["must not contain consecutive hyphens"] : []),
    ...(/^-|-$/.test(name) ? ["must not begin or end with a hyphen"] : []),
  ];
}

import { sameJson } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from "../validation/field-error.ts";
import { DNS_LABEL, LABEL_TEXT, SUBDOMAIN, SUBDOMAIN_TEXT } from "../validation/qualified-name.ts";
import type { Kind } from "./kind.ts";
import { podWarnings } from "./pod-warnings.ts";
import { tolerationErrors } from "./tolerations.ts";

type Loose = Record<string, unknown>;
type Container = Loose & { name?: string; image?: string; volumeMounts?: { name?: string; mountPath?: string }[] };
type PodSpec = Loose & {
  containers?: Container[];
  initContainers?: Container[];
  volumes?: (Loose & { name?: string })[];
};

const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
const specOf = (object: KubeObject): PodSpec => (object["spec"] ?? {}) as PodSpec;
const statusOf = (object: KubeObject): Loose => (object["status"] ?? {}) as Loose;

/** Fills a pod spec as k8s.io/kubernetes' v1 defaults do; templates of workloads get the same. */
export function defaultPodSpec(spec: PodSpec): void {
  spec["restartPolicy"] ??= "Always";
  spec["terminationGracePeriodSeconds"] ??= 30;
  spec["dnsPolicy"] ??= "ClusterFirst";
  spec["securityContext"] ??= {};
  spec["schedulerName"] ??= "default-scheduler";
  // What is stored is shared, and has been through here: it may be looked at, not written to.
  const { serviceAccountName: account } = spec;
  if (account !== undefined && account !== spec["serviceAccount"]) spec["serviceAccount"] = account;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    container["resources"] ??= {};
    container["terminationMessagePath"] ??= "/dev/termination-log";
    container["terminationMessagePolicy"] ??= "File";
    container["imagePullPolicy"] ??= /(:latest|^[^:@]+)$/.test(container.image ?? "") ? "Always" : "IfNotPresent";
    for (const port of (container["ports"] ?? []) as Loose[]) port["protocol"] ??= "TCP";
    for (const item of (container["env"] ?? []) as { valueFrom?: { fieldRef?: Loose } }[])
      if (item.valueFrom?.fieldRef !== undefined) item.valueFrom.fieldRef["apiVersion"] ??= "v1";
    for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
      const probe = container[name] as Loose | undefined;
      if (probe === undefined) continue;
      probe["timeoutSeconds"] ??= 1;
      probe["periodSeconds"] ??= 10;
      probe["successThreshold"] ??= 1;
      probe["failureThreshold"] ??= 3;
      const http = probe["httpGet"] as Loose | undefined;
      if (http !== undefined) {
        http["path"] ??= "/";
        http["scheme"] ??= "HTTP";
      }
    }
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

function defaultVolume(volume: Loose): void {
  for (const source of ["secret", "configMap", "downwardAPI", "projected"]) {
    const found = volume[source] as (Loose & { sources?: { serviceAccountToken?: Loose }[] }) | undefined;
    if (found === undefined) continue;
    found["defaultMode"] ??= 420;
    for (const { serviceAccountToken } of found.sources ?? [])
      if (serviceAccountToken !== undefined) serviceAccountToken["expirationSeconds"] ??= 3600;
  }
  const host = volume["hostPath"] as Loose | undefined;
  if (host !== undefined) host["type"] ??= "";
}

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

/** Of two sources the one that validation comes to later; csi is among the last. */
function secondSource(sources: readonly string[]): string {
  return sources.includes("csi") ? "csi" : (sources[1] ?? "");
}

function envErrors(env: readonly { name?: string }[], at: string): FieldError[] {
  return env.flatMap(({ name = "" }, index) => {
    if (name === "") return [required(`${at}[${index}].name`)];
    if (/^[ -<>-~]+$/.test(name)) return [];
    const why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    return [invalid(`${at}[${index}].name`, name, why)];
  });
}

const PORT_PROTOCOLS = ["SCTP", "TCP", "UDP"];

function containerPortErrors(ports: readonly Loose[], at: string): FieldError[] {
  return ports.flatMap((one, index) => {
    const {
      containerPort = 0,
      hostPort = 0,
      protocol = "TCP",
    } = one as Record<"containerPort" | "hostPort", number> & {
      protocol?: string;
    };
    const field = `${at}[${index}]`;
    const range = "must be between 1 and 65535, inclusive";
    const isPort = (port: number): boolean => port >= 1 && port <= 65_535;
    return [
      ...(containerPort === 0
        ? [required(`${field}.containerPort`)]
        : isPort(containerPort)
          ? []
          : [invalid(`${field}.containerPort`, containerPort, range)]),
      ...(hostPort === 0 || isPort(hostPort) ? [] : [invalid(`${field}.hostPort`, hostPort, range)]),
      ...(PORT_PROTOCOLS.includes(protocol) ? [] : [notSupported(`${field}.protocol`, protocol, PORT_PROTOCOLS)]),
    ];
  });
}

/** Errors of a pod spec below `at` (`spec`, `spec.template.spec`). */
export function podSpecErrors(spec: PodSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Set<string>();
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const field = `${at}.volumes[${index}]`;
    const name = text(volume.name);
    if (name === "") errors.push(required(`${field}.name`));
    else if (!DNS_LABEL.test(name)) errors.push(invalid(`${field}.name`, name, LABEL_TEXT));
    else if (volumes.has(name)) errors.push(duplicate(`${field}.name`, name));
    volumes.add(name);
    const sources = Object.keys(volume).filter((key) => key !== "name");
    if (sources.length === 0) volume["emptyDir"] = {};
    if (sources.length > 1)
      errors.push(forbidden(`${field}.${secondSource(sources)}`, "may not specify more than 1 volume type"));
    const csi = volume["csi"] as Loose | undefined;
    // With two sources only the first is looked at.
    const isFirst = sources[0] === "csi" || sources.length < 2;
    if (csi !== undefined && isFirst && !SUBDOMAIN.test(text(csi["driver"]))) {
      if (text(csi["driver"]) === "") errors.push(required(`${field}.csi.driver`));
      errors.push(invalid(`${field}.csi.driver`, text(csi["driver"]), SUBDOMAIN_TEXT));
    }
    if (csi?.["nodePublishSecretRef"] !== undefined && text((csi["nodePublishSecretRef"] as Loose)["name"]) === "")
      errors.push(required(`${field}.csi.nodePublishSecretRef.name`));
  }
  if ((spec.containers ?? []).length === 0) errors.push(required(`${at}.containers`));
  const names = new Set<string>();
  for (const list of ["initContainers", "containers"] as const)
    for (const [index, container] of (spec[list] ?? []).entries()) {
      const field = `${at}.${list}[${index}]`;
      const name = text(container.name);
      if (name === "") errors.push(required(`${field}.name`));
      else if (!DNS_LABEL.test(name)) errors.push(invalid(`${field}.name`, name, LABEL_TEXT));
      else if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
      if (text(container.image) === "") errors.push(required(`${field}.image`));
      errors.push(...containerPortErrors((container["ports"] ?? []) as Loose[], `${field}.ports`));
      errors.push(...envErrors((container["env"] ?? []) as { name?: string }[], `${field}.env`));
      const paths = new Set<string>();
      for (const [mountIndex, mount] of (container.volumeMounts ?? []).entries()) {
        const mountField = `${field}.volumeMounts[${mountIndex}]`;
        if (text(mount.name) === "") errors.push(required(`${mountField}.name`));
        else if (!volumes.has(text(mount.name))) errors.push(notFound(`${mountField}.name`, mount.name));
        if (text(mount.mountPath) === "") errors.push(required(`${mountField}.mountPath`));
        else if (paths.has(text(mount.mountPath)))
          errors.push(invalid(`${mountField}.mountPath`, mount.mountPath, "must be unique"));
        paths.add(text(mount.mountPath));
      }
      const pull = text(container["imagePullPolicy"]);
      if (!PULL_POLICIES.includes(pull)) errors.push(notSupported(`${field}.imagePullPolicy`, pull, PULL_POLICIES));
    }
  errors.push(...tolerationErrors((spec["tolerations"] ?? []) as [], `${at}.tolerations`));
  const policy = text(spec["restartPolicy"]);
  if (!["Always", "OnFailure", "Never"].includes(policy))
    errors.push(notSupported(`${at}.restartPolicy`, policy, ["Always", "OnFailure", "Never"]));
  return errors;
}

/** What of a pod's spec may change after creation, each by rules of its own. */
const MUTABLE = new Set(["tolerations", "activeDeadlineSeconds"]);

/** What a pod may not change; a negative grace may become a second. */
function frozen(spec: PodSpec, old: PodSpec): unknown {
  const grace = "terminationGracePeriodSeconds";
  if (Number(old[grace]) < 0 && spec[grace] === 1) return frozen({ ...spec, [grace]: old[grace] }, old);
  const images = (list: Container[] | undefined): unknown => list?.map(({ image: _image, ...rest }) => rest);
  const rest = Object.entries(spec).filter(
    ([key]) => !MUTABLE.has(key) && key !== "containers" && key !== "initContainers",
  );
  return [Object.fromEntries(rest), images(spec.containers), images(spec.initContainers)];
}

/** The rules of what may change (k8s.io/kubernetes, ValidatePodUpdate). */
function updateErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const field = "spec.activeDeadlineSeconds";
  const [deadline, before] = [spec, old].map((one) => one["activeDeadlineSeconds"] as number | undefined);
  const errors: FieldError[] = [];
  if (deadline !== undefined && (deadline < 0 || deadline > 2_147_483_647))
    errors.push(invalid(field, deadline, "must be between 0 and 2147483647, inclusive"));
  else if (deadline !== undefined && before !== undefined && before < deadline)
    errors.push(invalid(field, deadline, "must be less than or equal to previous value"));
  if (deadline === undefined && before !== undefined)
    errors.push(invalid(field, null, "must not update from a positive integer to nil value"));
  const listOf = (one: PodSpec): Loose[] =>
    ((one["tolerations"] ?? []) as Loose[]).map(({ tolerationSeconds: _free, ...rest }) => rest);
  const now = listOf(spec);
  if (listOf(old).some((toleration) => !now.some((one) => sameJson(one, toleration))))
    errors.push(forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"));
  return errors;
}

type Toleration = { key?: string; operator?: string; effect?: string };

function addTolerations(spec: PodSpec): void {
  const known = (spec["tolerations"] ?? []) as Toleration[];
  const added = ["not-ready", "unreachable"]
    .map((taint) => `node.kubernetes.io/${taint}`)
    .filter((key) => !known.some((one) => (one.key === key || !one.key) && (one.effect === "NoExecute" || !one.effect)))
    .map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }));
  if (added.length > 0) spec["tolerations"] = [...known, ...added];
}

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };

/** Guaranteed when every container limits cpu and memory to what it requests, BestEffort when none names either. */
function qosClass(spec: PodSpec): string {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(
    ({ resources }) => (resources ?? {}) as Resources,
  );
  const names = ["cpu", "memory"];
  const isNamed = (values: Record<string, string> | undefined): boolean =>
    names.some((name) => values?.[name] !== undefined && values[name] !== "0");
  if (!all.some(({ limits, requests }) => isNamed(limits) || isNamed(requests))) return "BestEffort";
  const isExact = all.every(({ limits, requests }) =>
    names.every((name) => limits?.[name] !== undefined && (requests?.[name] ?? limits[name]) === limits[name]),
  );
  return isExact ? "Guaranteed" : "Burstable";
}

export const podKind: Pick<Kind, "kind" | "plural"> & Partial<Kind> = {
  kind: "Pod",
  warnings: podWarnings,
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
  hasGeneration: true,
  subresources: [
    { name: "attach", verbs: ["create", "get"], kind: "PodAttachOptions" },
    { name: "binding", verbs: ["create"], kind: "Binding" },
    { name: "ephemeralcontainers", verbs: ["get", "patch", "update"] },
    { name: "eviction", verbs: ["create"], group: "policy", version: "v1", kind: "Eviction" },
    { name: "exec", verbs: ["create", "get"], kind: "PodExecOptions" },
    { name: "log", verbs: ["get"] },
    { name: "portforward", verbs: ["create", "get"], kind: "PodPortForwardOptions" },
    { name: "proxy", verbs: ["create", "delete", "get", "patch", "update"], kind: "PodProxyOptions" },
    { name: "resize", verbs: ["get", "patch", "update"] },
    { name: "status", verbs: ["get", "patch", "update"] },
  ],
  selectable: {
    "spec.nodeName": (object) => text(specOf(object)["nodeName"]),
    "spec.restartPolicy": (object) => text(specOf(object)["restartPolicy"]),
    "spec.schedulerName": (object) => text(specOf(object)["schedulerName"]),
    "spec.serviceAccountName": (object) => text(specOf(object)["serviceAccountName"]),
    "spec.hostNetwork": (object) => String(specOf(object)["hostNetwork"] ?? false),
    "status.phase": (object) => text(statusOf(object)["phase"]),
    "status.podIP": (object) => text(statusOf(object)["podIP"]),
    "status.podIPs": (object) => text(statusOf(object)["podIP"]),
    "status.nominatedNodeName": (object) => text(statusOf(object)["nominatedNodeName"]),
  },
  prepare: (object, old) => {
    if (old !== undefined) return;
    const spec = specOf(object);
    // The Priority and DefaultTolerationSeconds admissions: nobody's fields.
    spec["preemptionPolicy"] ??= "PreemptLowerPriority";
    spec["priority"] ??= 0;
    addTolerations(spec);
    object["status"] = { phase: "Pending", qosClass: qosClass(spec) };
  },
  defaults: (object) => {
    const spec = specOf(object);
    object["spec"] = spec;
    defaultPodSpec(spec);
    spec["enableServiceLinks"] ??= true;
  },
  validate: (object, old) => {
    const errors = podSpecErrors(specOf(object), "spec");
    if (old === undefined) return errors;
    const [spec, before] = [specOf(object), specOf(old)];
    errors.push(...updateErrors(spec, before));
    if (!sameJson(frozen(spec, before), frozen(before, before)))
      errors.push(
        forbidden(
          "spec",
          "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        ),
      );
    return errors;
  },
};

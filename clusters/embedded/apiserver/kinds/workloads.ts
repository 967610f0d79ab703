import { sameJson } from "../../../../core/json.ts";
import { type LabelSelector, selects } from "../../../../kube/label-selector.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, forbidden, invalid, required } from "../validation/field-error.ts";
import type { Kind } from "./kind.ts";
import { templateWarnings } from "./pod-warnings.ts";
import { defaultPodSpec, podSpecErrors } from "./pods.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Loose = Record<string, unknown>;
type Workload = Loose & {
  selector?: LabelSelector;
  template?: { metadata?: { labels?: Record<string, string> }; spec?: Loose };
};

const specOf = (object: KubeObject): Workload => (object["spec"] ?? {}) as Workload;

const withScale = [
  { name: "scale", verbs: ["get", "patch", "update"], group: "autoscaling", version: "v1", kind: "Scale" },
  { name: "status", verbs: ["get", "patch", "update"] },
] as const satisfies Kind["subresources"];
const withStatus = [{ name: "status", verbs: ["get", "patch", "update"] }] as const satisfies Kind["subresources"];

function defaultTemplate(spec: Workload): void {
  if (spec.template === undefined) return;
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
}

function workloadErrors(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  if (typeof spec["replicas"] === "number" && spec["replicas"] < 0)
    errors.push(invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0"));
  if (spec.selector === undefined || spec.selector === null) errors.push(required("spec.selector"));
  else if (Object.keys(spec.selector).length === 0)
    errors.push(invalid("spec.selector", spec.selector, "empty selector is invalid for deployment"));
  const own = spec.template?.metadata?.labels;
  // No selector selects nothing, an empty one everything.
  if (!spec.selector || !selects(spec.selector, own))
    errors.push(invalid("spec.template.metadata.labels", own ?? null, "`selector` does not match template `labels`"));
  errors.push(
    ...podSpecErrors((spec.template?.spec ?? {}) as Parameters<typeof podSpecErrors>[0], "spec.template.spec"),
  );
  if (old !== undefined && !sameJson(specOf(old).selector, spec.selector))
    errors.push(invalid("spec.selector", spec.selector, "field is immutable"));
  return errors;
}

export const deploymentKind: Definition = {
  kind: "Deployment",
  warnings: templateWarnings(),
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  hasGeneration: true,
  subresources: withScale,
  defaults: (object) => {
    const spec = specOf(object);
    object["spec"] = spec;
    spec["replicas"] ??= 1;
    spec["strategy"] ??= {};
    const strategy = spec["strategy"] as Loose;
    strategy["type"] ??= "RollingUpdate";
    if (strategy["type"] === "RollingUpdate") {
      strategy["rollingUpdate"] ??= {};
      const rolling = strategy["rollingUpdate"] as Loose;
      rolling["maxUnavailable"] ??= "25%";
      rolling["maxSurge"] ??= "25%";
    }
    spec["revisionHistoryLimit"] ??= 10;
    spec["progressDeadlineSeconds"] ??= 600;
    defaultTemplate(spec);
  },
  validate: (object, old) => {
    const { strategy } = specOf(object) as { strategy?: { type?: string; rollingUpdate?: unknown } };
    const errors = workloadErrors(object, old);
    if (strategy?.type === "Recreate" && strategy.rollingUpdate !== undefined)
      errors.push(forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"));
    return errors;
  },
};

export const replicaSetKind: Definition = {
  kind: "ReplicaSet",
  warnings: templateWarnings(),
  plural: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  hasGeneration: true,
  subresources: withScale,
  defaults: (object) => {
    const spec = specOf(object);
    object["spec"] = spec;
    spec["replicas"] ??= 1;
    defaultTemplate(spec);
    object["status"] ??= { replicas: 0 };
  },
  validate: workloadErrors,
};

/** Counts changes of the template; extensions/v1beta1 had a field for it. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

/** Kept for `kubectl get all` and old manifests; no controller runs for it, so it is stored by nobody. */
export const replicationControllerKind: Definition = {
  kind: "ReplicationController",
  warnings: templateWarnings(),
  plural: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  subresources: withScale,
  isAnnounced: true,
};

export const workloadKinds: readonly (Definition & Pick<Kind, "group">)[] = [
  {
    group: "apps",
    kind: "DaemonSet",
    warnings: templateWarnings(),
    plural: "daemonsets",
    shortNames: ["ds"],
    categories: ["all"],
    hasGeneration: true,
    subresources: withStatus,
    defaults: (object) => {
      const spec = specOf(object);
      object["spec"] = spec;
      object.metadata.annotations = { [TEMPLATE_GENERATION]: "1", ...object.metadata.annotations };
      defaultTemplate(spec);
      spec["updateStrategy"] ??= {};
      const strategy = spec["updateStrategy"] as Loose;
      strategy["type"] ??= "RollingUpdate";
      if (strategy["type"] === "RollingUpdate") {
        strategy["rollingUpdate"] ??= {};
        const rolling = strategy["rollingUpdate"] as Loose;
        rolling["maxUnavailable"] ??= 1;
        rolling["maxSurge"] ??= 0;
      }
      spec["revisionHistoryLimit"] ??= 10;
      object["status"] ??= {
        currentNumberScheduled: 0,
        numberMisscheduled: 0,
        desiredNumberScheduled: 0,
        numberReady: 0,
      };
    },
    prepare: (object, old) => {
      const before = Number(old?.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
      const isSame = old !== undefined && sameJson(specOf(old).template, specOf(object).template);
      object.metadata.annotations = {
        ...object.metadata.annotations,
        [TEMPLATE_GENERATION]: String(isSame ? before : before + 1),
      };
    },
    validate: workloadErrors,
  },
  {
    group: "apps",
    kind: "StatefulSet",
    warnings: templateWarnings(),
    plural: "statefulsets",
    shortNames: ["sts"],
    categories: ["all"],
    hasGeneration: true,
    subresources: withScale,
    defaults: (object) => {
      const spec = specOf(object);
      object["spec"] = spec;
      spec["replicas"] ??= 1;
      defaultTemplate(spec);
      spec["podManagementPolicy"] ??= "OrderedReady";
      spec["updateStrategy"] ??= {};
      const strategy = spec["updateStrategy"] as Loose;
      strategy["type"] ??= "RollingUpdate";
      if (strategy["type"] === "RollingUpdate") {
        strategy["rollingUpdate"] ??= {};
        (strategy["rollingUpdate"] as Loose)["partition"] ??= 0;
      }
      spec["revisionHistoryLimit"] ??= 10;
      spec["persistentVolumeClaimRetentionPolicy"] ??= { whenDeleted: "Retain", whenScaled: "Retain" };
      object["status"] ??= { replicas: 0, availableReplicas: 0 };
    },
    validate: workloadErrors,
  },
];

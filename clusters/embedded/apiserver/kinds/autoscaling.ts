import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, invalid } from "../validation/field-error.ts";
import type { Kind } from "./kind.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;

const autoscaler: Definition = {
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: [{ name: "status", verbs: ["get", "patch", "update"] }],
};

function replicaErrors(object: KubeObject): FieldError[] {
  const { maxReplicas = 0, minReplicas = 1 } = (object["spec"] ?? {}) as { maxReplicas?: number; minReplicas?: number };
  const errors: FieldError[] = [];
  if (minReplicas < 1) errors.push(invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
  if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
  if (maxReplicas < minReplicas)
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  return errors;
}

/** As in a cluster without a metrics server an autoscaler is kept and never scales; v1 is only told of. */
export const autoscalerKinds: readonly Definition[] = [
  {
    ...autoscaler,
    version: "v2",
    defaults: (object) => {
      const spec = (object["spec"] ?? {}) as { minReplicas?: number; metrics?: unknown[] };
      object["spec"] = spec;
      spec.minReplicas ??= 1;
      if (!spec.metrics?.length)
        spec.metrics = [
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
        ];
    },
    validate: replicaErrors,
  },
  { ...autoscaler, version: "v1", isAnnounced: true },
];

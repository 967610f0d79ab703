/**
 * autoscaling/v2, which the recorded facts leave out: fields by number as k8s.io/api's generated.proto has them, in
 * the form of kube-protobuf-fields.json. `go` with `*` is a pointer; `?` after the name stands for `omitempty`.
 */
const LINES: Readonly<Record<string, string>> = {
  CrossVersionObjectReference: "kind 1 string;name 2 string;apiVersion? 3 string",
  ContainerResourceMetricSource: "name 1 string;target 2 MetricTarget;container 3 string",
  ContainerResourceMetricStatus: "name 1 string;current 2 MetricValueStatus;container 3 string",
  ExternalMetricSource: "metric 1 MetricIdentifier;target 2 MetricTarget",
  ExternalMetricStatus: "metric 1 MetricIdentifier;current 2 MetricValueStatus",
  HPAScalingPolicy: "type 1 string;value 2 int32;periodSeconds 3 int32",
  HPAScalingRules:
    "selectPolicy? 1 *string;policies? 2 []HPAScalingPolicy;stabilizationWindowSeconds? 3 *int32;tolerance? 4 *resource.Quantity",
  HorizontalPodAutoscaler:
    "metadata? 1 metav1.ObjectMeta;spec? 2 HorizontalPodAutoscalerSpec;status? 3 HorizontalPodAutoscalerStatus",
  HorizontalPodAutoscalerBehavior: "scaleUp? 1 *HPAScalingRules;scaleDown? 2 *HPAScalingRules",
  HorizontalPodAutoscalerCondition:
    "type 1 string;status 2 string;lastTransitionTime? 3 metav1.Time;reason? 4 string;message? 5 string",
  HorizontalPodAutoscalerList: "metadata? 1 metav1.ListMeta;items 2 []HorizontalPodAutoscaler",
  HorizontalPodAutoscalerSpec:
    "scaleTargetRef 1 CrossVersionObjectReference;minReplicas? 2 *int32;maxReplicas 3 int32;metrics? 4 []MetricSpec;behavior? 5 *HorizontalPodAutoscalerBehavior",
  HorizontalPodAutoscalerStatus:
    "observedGeneration? 1 *int64;lastScaleTime? 2 *metav1.Time;currentReplicas? 3 int32;desiredReplicas 4 int32;currentMetrics 5 []MetricStatus;conditions? 6 []HorizontalPodAutoscalerCondition",
  MetricIdentifier: "name 1 string;selector? 2 *metav1.LabelSelector",
  MetricSpec:
    "type 1 string;object? 2 *ObjectMetricSource;pods? 3 *PodsMetricSource;resource? 4 *ResourceMetricSource;external? 5 *ExternalMetricSource;containerResource? 7 *ContainerResourceMetricSource",
  MetricStatus:
    "type 1 string;object? 2 *ObjectMetricStatus;pods? 3 *PodsMetricStatus;resource? 4 *ResourceMetricStatus;external? 5 *ExternalMetricStatus;containerResource? 7 *ContainerResourceMetricStatus",
  MetricTarget:
    "type 1 string;value? 2 *resource.Quantity;averageValue? 3 *resource.Quantity;averageUtilization? 4 *int32",
  MetricValueStatus: "value? 1 *resource.Quantity;averageValue? 2 *resource.Quantity;averageUtilization? 3 *int32",
  ObjectMetricSource: "describedObject 1 CrossVersionObjectReference;target 2 MetricTarget;metric 3 MetricIdentifier",
  ObjectMetricStatus:
    "metric 1 MetricIdentifier;current 2 MetricValueStatus;describedObject 3 CrossVersionObjectReference",
  PodsMetricSource: "metric 1 MetricIdentifier;target 2 MetricTarget",
  PodsMetricStatus: "metric 1 MetricIdentifier;current 2 MetricValueStatus",
  ResourceMetricSource: "name 1 string;target 2 MetricTarget",
  ResourceMetricStatus: "name 1 string;current 2 MetricValueStatus",
};

type Field = { json: string; n: number; go: string; omitempty?: boolean };

export const AUTOSCALING_V2: Record<string, Field[]> = Object.fromEntries(
  Object.entries(LINES).map(([name, line]) => [
    name,
    line.split(";").map((word) => {
      const [json = "", n = "", go = ""] = word.split(" ");
      return { json: json.replace("?", ""), n: Number(n), go, ...(json.endsWith("?") && { omitempty: true }) };
    }),
  ]),
);

const atomic = { "x-kubernetes-list-type": "atomic" };

/** What its OpenAPI schemas say beyond the fields. */
export const AUTOSCALING_V2_ANNOTATIONS: Readonly<Record<string, unknown>> = {
  HPAScalingRules: { fields: { policies: atomic } },
  HorizontalPodAutoscalerSpec: { required: ["scaleTargetRef", "maxReplicas"], fields: { metrics: atomic } },
  HorizontalPodAutoscalerStatus: {
    required: ["desiredReplicas"],
    fields: {
      conditions: {
        "x-kubernetes-list-map-keys": ["type"],
        "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-merge-key": "type",
        "x-kubernetes-patch-strategy": "merge",
      },
      currentMetrics: atomic,
    },
  },
};

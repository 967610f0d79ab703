import type { Random } from "../../../../core/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";

/** How a value of a field is made, and what its patches may do with it. */
export type Shape =
  | { readonly is: "one of"; readonly values: readonly unknown[] }
  | { readonly is: "object"; readonly fields: Readonly<Record<string, Shape>>; readonly always?: readonly string[] }
  | { readonly is: "map"; readonly keys: readonly string[]; readonly value: Shape }
  /** With `key` the items are told apart by it: strategic patches then name it. */
  | { readonly is: "list"; readonly item: Shape; readonly key?: string; readonly most: number };

const oneOf = (...values: readonly unknown[]): Shape => ({ is: "one of", values });
const map = (value: Shape, ...keys: readonly string[]): Shape => ({ is: "map", keys, value });
const list = (item: Shape, key?: string, most = 3): Shape => ({
  is: "list",
  item,
  most,
  ...(key !== undefined && { key }),
});
const object = (fields: Readonly<Record<string, Shape>>, ...always: readonly string[]): Shape => ({
  is: "object",
  fields,
  always,
});

const words = oneOf("a", "b", "c");
const labels = map(oneOf("x", "y", ""), "one", "two", "team.example.com/three");
const metadata = object({
  labels,
  annotations: map(oneOf("x", "y", ""), "note", "example.com/note"),
  finalizers: list(oneOf("example.com/a", "example.com/b"), undefined, 2),
});

/** A kind that is fuzzed: where it is, what it begins with and what may be patched. */
export type Subject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly isCustom?: true;
  /** Always there at the creation: what the kind cannot do without. */
  readonly base: Readonly<Record<string, unknown>>;
  readonly shape: Shape;
};

const container = object(
  {
    name: oneOf("main", "side"),
    image: oneOf("busybox:1", "busybox:2", "pause"),
    imagePullPolicy: oneOf("Always", "Never", "Sometimes"),
    command: list(words),
    env: list(object({ name: oneOf("A", "B", "C"), value: oneOf("1", "2", "") }, "name"), "name"),
    ports: list(
      object(
        { name: oneOf("web", "dns"), containerPort: oneOf(80, 53, 70_000), protocol: oneOf("TCP", "UDP") },
        "containerPort",
      ),
      "containerPort",
      2,
    ),
    volumeMounts: list(
      object(
        { name: oneOf("v", "w"), mountPath: oneOf("/v", "/w"), readOnly: oneOf(true, false) },
        "name",
        "mountPath",
      ),
      "mountPath",
      2,
    ),
    resources: object({
      limits: map(oneOf("1", "500m", "1000m", 2), "cpu"),
      requests: map(oneOf("64Mi", "0.1Gi", "1e3"), "memory"),
    }),
    securityContext: object({ runAsUser: oneOf(0, 1000), runAsNonRoot: oneOf(true, false) }),
  },
  "name",
  "image",
);
const volume = object(
  {
    name: oneOf("v", "w"),
    emptyDir: object({ medium: oneOf("", "Memory"), sizeLimit: oneOf("1Gi", "1024Mi") }),
    configMap: object({ name: words, defaultMode: oneOf(420, 256), optional: oneOf(true, false) }),
  },
  "name",
);

export const SUBJECTS: readonly Subject[] = [
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    plural: "configmaps",
    base: {},
    shape: object({
      metadata,
      data: map(oneOf("1", "2", "", 3), "a", "b.c", "d-e"),
      binaryData: map(oneOf("AAE=", "", "?"), "bin", "a"),
      immutable: oneOf(true, false, null),
    }),
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    plural: "secrets",
    base: { type: "Opaque" },
    shape: object({
      metadata,
      data: map(oneOf("AAE=", "", "not base64"), "a", "b"),
      stringData: map(oneOf("plain", ""), "a", "c"),
      type: oneOf("Opaque", "kubernetes.io/basic-auth"),
    }),
  },
  {
    apiVersion: "v1",
    kind: "Service",
    plural: "services",
    base: { spec: { ports: [{ port: 80 }] } },
    shape: object({
      metadata,
      spec: object({
        selector: map(words, "app", "tier"),
        sessionAffinity: oneOf("None", "ClientIP"),
        publishNotReadyAddresses: oneOf(true, false),
        ports: list(
          object(
            {
              name: oneOf("web", "dns"),
              port: oneOf(80, 53, 443),
              protocol: oneOf("TCP", "UDP"),
              targetPort: oneOf("web", 8080, 0),
            },
            "port",
            "name",
          ),
          "port",
        ),
      }),
    }),
  },
  {
    apiVersion: "v1",
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    base: {},
    shape: object({
      metadata,
      secrets: list(object({ name: words, namespace: words }, "name"), "name"),
      imagePullSecrets: list(object({ name: words }, "name"), "name"),
      automountServiceAccountToken: oneOf(true, false, "yes"),
    }),
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    plural: "deployments",
    base: {
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "main", image: "busybox:1" }] },
        },
      },
    },
    shape: object({
      metadata,
      spec: object({
        replicas: oneOf(0, 1, 2, -1, "2"),
        paused: oneOf(true, false),
        minReadySeconds: oneOf(0, 5),
        strategy: object({
          type: oneOf("RollingUpdate", "Recreate"),
          rollingUpdate: object({ maxSurge: oneOf("25%", 1, 0), maxUnavailable: oneOf("50%", 0) }),
        }),
        template: object({
          metadata: object({ labels: map(oneOf("web"), "app") }),
          spec: object({
            containers: list(container, "name", 2),
            volumes: list(volume, "name", 2),
            nodeSelector: map(words, "disk"),
            terminationGracePeriodSeconds: oneOf(0, 30),
            imagePullSecrets: list(object({ name: words }, "name"), "name", 2),
            tolerations: list(
              object({ key: words, operator: oneOf("Exists"), effect: oneOf("NoSchedule", "") }),
              undefined,
              2,
            ),
          }),
        }),
      }),
    }),
  },
  {
    apiVersion: "fuzz.example.com/v1",
    kind: "Widget",
    plural: "widgets",
    isCustom: true,
    base: { spec: {} },
    shape: object({
      metadata,
      spec: object({
        size: oneOf(1, 2, 9, "big"),
        port: oneOf(80, "web"),
        mode: oneOf("fast", "slow", "odd"),
        maybe: oneOf("x", null),
        set: list(words),
        items: list(object({ name: words, value: oneOf(1, 2), kind: oneOf("k", "l") }, "name"), "name"),
        plain: list(object({ name: words, value: oneOf(1, 2) })),
        granular: object({ a: words, b: words }),
        whole: object({ a: words, b: words }),
        free: map(oneOf(1, "x", true), "p", "q"),
        unknown: words,
      }),
      status: object({ phase: words }),
    }),
  },
];

/** The definition that {@link SUBJECTS}' Widget is of: each way of sharing a list or map, defaults, rules. */
export const WIDGETS: KubeObject & { spec: object } = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.fuzz.example.com" },
  spec: {
    group: "fuzz.example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget", singular: "widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              status: { type: "object", properties: { phase: { type: "string" } } },
              spec: {
                type: "object",
                "x-kubernetes-validations": [
                  {
                    rule: "!has(self.size) || !has(self.mode) || self.mode != 'slow' || self.size < 2",
                    message: "slow ones are small",
                  },
                ],
                properties: {
                  size: { type: "integer", maximum: 5 },
                  port: { "x-kubernetes-int-or-string": true },
                  mode: { type: "string", enum: ["fast", "slow"], default: "fast" },
                  maybe: { type: "string", nullable: true },
                  set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
                  items: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: {
                      type: "object",
                      required: ["name"],
                      properties: {
                        name: { type: "string" },
                        value: { type: "integer" },
                        kind: { type: "string", default: "k" },
                      },
                    },
                  },
                  plain: {
                    type: "array",
                    items: { type: "object", properties: { name: { type: "string" }, value: { type: "integer" } } },
                  },
                  granular: { type: "object", properties: { a: { type: "string" }, b: { type: "string" } } },
                  whole: {
                    type: "object",
                    "x-kubernetes-map-type": "atomic",
                    properties: { a: { type: "string" }, b: { type: "string" } },
                  },
                  free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                },
              },
            },
          },
        },
      },
    ],
  },
};

/** A value of a shape: at random some of its fields, all that it always has. */
export function draw(shape: Shape, random: Random): unknown {
  switch (shape.is) {
    case "one of":
      return pick(shape.values, random);
    case "object": {
      const always = new Set(shape.always);
      const entries = Object.entries(shape.fields).filter(([name]) => always.has(name) || random.next() < 0.35);
      return Object.fromEntries(entries.map(([name, inner]) => [name, draw(inner, random)]));
    }
    case "map": {
      const keys = shape.keys.filter(() => random.next() < 0.5);
      return Object.fromEntries(keys.map((key) => [key, draw(shape.value, random)]));
    }
    case "list":
      return Array.from({ length: random.integer(0, shape.most) }, () => draw(shape.item, random));
  }
}

export function pick<T>(values: readonly T[], random: Random): T {
  return values[random.integer(0, values.length - 1)] as T;
}

import { expect, test } from "vitest";
import { podWarnings, templateWarnings } from "./pod-warnings.ts";

const pod = (spec: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec });
const container = (fields: object) => pod({ containers: [fields] });
const CONTAINER = "spec.containers[0]";

test.each<[string, object, string[]]>([
  ["nothing", { containers: [{ env: [{ name: "A", value: "1" }], ports: [{ name: "web", containerPort: 80 }] }] }, []],
  [
    "a pull secret without a name",
    { imagePullSecrets: [{}] },
    ['spec.imagePullSecrets[0].name: invalid empty name ""'],
  ],
  [
    "one named twice",
    { imagePullSecrets: [{ name: "a" }, { name: "a" }] },
    ['spec.imagePullSecrets[1].name: duplicate name "a"'],
  ],
  [
    "a host named twice",
    { hostAliases: [{ ip: "1.2.3.4" }, { ip: "1.2.3.4" }] },
    ['spec.hostAliases[1].ip: duplicate ip "1.2.3.4"'],
  ],
  [
    "negative grace",
    { terminationGracePeriodSeconds: -1 },
    ["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"],
  ],
])("a pod with %s", (_, spec, warnings) => {
  expect(podWarnings(pod(spec))).toEqual(warnings);
});

test.each<[object[], boolean]>([
  [
    [
      { name: "A", value: "1" },
      { name: "A", value: "2" },
    ],
    true,
  ],
  [
    [
      { name: "A", value: "1" },
      { name: "A", value: "$(A)2" },
    ],
    false,
  ],
  [
    [
      { name: "A", value: "1" },
      { name: "A", value: "$(A)" },
    ],
    true,
  ],
  [
    [
      { name: "A", value: "1" },
      { name: "A", valueFrom: {} },
    ],
    true,
  ],
])("variables %j hide one another: %j", (env, isHidden) => {
  const text = `${CONTAINER}.env[1]: hides previous definition of "A", which may be dropped when using apply`;
  expect(podWarnings(container({ env }))).toEqual(isHidden ? [text] : []);
});

test.each<[object, object, string[]]>([
  [{ containerPort: 80, protocol: "TCP" }, { containerPort: 80, protocol: "UDP" }, []],
  [
    { containerPort: 80 },
    { containerPort: 80 },
    [`${CONTAINER}.ports[1]: duplicate port definition with ${CONTAINER}.ports[0]`],
  ],
  [
    { containerPort: 80, hostPort: 8 },
    { containerPort: 80 },
    [`${CONTAINER}.ports[1]: overlapping port definition with ${CONTAINER}.ports[0]`],
  ],
  [
    { containerPort: 80, hostPort: 8 },
    { containerPort: 80, hostPort: 8, hostIP: "1.2.3.4" },
    [`${CONTAINER}.ports[1]: dangerously ambiguous port definition with ${CONTAINER}.ports[0]`],
  ],
  [
    { containerPort: 80, name: "web" },
    { containerPort: 81, name: "web" },
    [
      `${CONTAINER}.ports[1]: duplicate port name "web" with ${CONTAINER}.ports[0], services and probes that select ports by name will use ${CONTAINER}.ports[0]`,
    ],
  ],
])("ports %j and %j", (one, other, warnings) => {
  expect(podWarnings(container({ ports: [one, other] }))).toEqual(warnings);
});

test("parts of a byte", () => {
  expect(podWarnings(container({ resources: { limits: { memory: "100m" }, requests: { memory: "2000m" } } }))).toEqual([
    `${CONTAINER}.resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer`,
  ]);
});

test("a workload is warned of when its specification is new or changed", () => {
  const of = (name: string, replicas: number) => ({
    ...pod({ replicas, template: { spec: { imagePullSecrets: [{}] } } }),
    metadata: { name },
  });
  const text = 'spec.template.spec.imagePullSecrets[0].name: invalid empty name ""';
  expect(templateWarnings()(of("a", 1), undefined)).toEqual([text]);
  expect(templateWarnings()(of("b", 1), of("a", 1))).toEqual([]);
  expect(templateWarnings()(of("a", 2), of("a", 1))).toEqual([text]);
});

import { expect, test } from "vitest";
import { type SelectingService, subsetsOf } from "./endpoints.ts";
import type { Pod } from "./objects.ts";

type Given = { ip?: string; ready?: boolean; labels?: Record<string, string>; port?: number; deleted?: boolean };
function pod(
  name: string,
  { ip = "", ready = true, labels = { app: "web" }, port = 8080, deleted = false }: Given,
): Pod {
  return {
    metadata: {
      name,
      namespace: "default",
      uid: name,
      labels,
      ...(deleted && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    },
    spec: { nodeName: "n", containers: [{ name: "c", ports: [{ name: "http", containerPort: port }] }] },
    status: { podIP: ip, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  } as unknown as Pod;
}
function service(ports: object[], more: object = {}): SelectingService {
  const spec = { selector: { app: "web" }, ports, ...more };
  return { metadata: { name: "web", namespace: "default" }, spec } as unknown as SelectingService;
}
const told = (of: SelectingService, ...pods: Pod[]): unknown =>
  subsetsOf(of, pods).map(({ addresses = [], notReadyAddresses = [], ports = [] }) => ({
    ready: addresses.map(({ ip }) => ip),
    rest: notReadyAddresses.map(({ ip }) => ip),
    ports: ports.map(({ port }) => port),
  }));

test("ready pods are behind a Service, others wait, and those without address or on their way out are neither", () => {
  const pods = [
    pod("a", { ip: "10.0.0.2" }),
    pod("b", { ip: "10.0.0.1" }),
    pod("c", { ip: "10.0.0.3", ready: false }),
    pod("d", {}),
    pod("e", { ip: "10.0.0.5", deleted: true }),
    pod("f", { ip: "10.0.0.6", labels: { app: "other" } }),
  ];
  const expected = [{ ready: ["10.0.0.1", "10.0.0.2"], rest: ["10.0.0.3"], ports: [80] }];
  expect(told(service([{ port: 80 }]), ...pods)).toEqual(expected);
  const all = [{ ready: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], rest: [], ports: [80] }];
  expect(told(service([{ port: 80 }], { publishNotReadyAddresses: true }), ...pods)).toEqual(all);
});

test("a port by name is each pod's own, and a pod without it is not behind the Service", () => {
  const named = service([{ port: 80, targetPort: "http" }]);
  expect(told(named, pod("a", { ip: "10.0.0.1", port: 1 }), pod("b", { ip: "10.0.0.2", port: 2 }))).toEqual([
    { ready: ["10.0.0.1"], rest: [], ports: [1] },
    { ready: ["10.0.0.2"], rest: [], ports: [2] },
  ]);
  expect(told(service([{ port: 80, targetPort: "nosuch" }]), pod("a", { ip: "10.0.0.1" }))).toEqual([]);
  expect(told(service([{ port: 80, targetPort: 9 }]), pod("a", { ip: "10.0.0.1" }))).toEqual([
    { ready: ["10.0.0.1"], rest: [], ports: [9] },
  ]);
});

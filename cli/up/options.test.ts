import { expect, test } from "vitest";
import { readUpOptions, type UpFlags } from "./options.ts";

const DEFAULTS: UpFlags = {
  name: "default",
  port: "0",
  kubeconfig: "k",
  nodes: "1",
  kubeVersion: "1.34",
  stores: "auto",
  providers: "auto",
  driver: "reference",
  behaviour: "hardened",
  speed: "1x",
};

test("by itself it is the driver with the stores that there are, and their providers", () => {
  const { stores, providers, driver, nodes, speed } = readUpOptions(DEFAULTS);
  expect(stores).toContain("vault");
  expect(providers).toEqual(stores);
  expect([driver, nodes, speed]).toEqual([{ kind: "reference" }, 1, 1]);
});

test("without a driver there are no providers unless they are named", () => {
  expect(readUpOptions({ ...DEFAULTS, driver: "none" }).providers).toEqual([]);
  expect(readUpOptions({ ...DEFAULTS, driver: "none", providers: "aws, gcp" }).providers).toEqual(["aws", "gcp"]);
});

test("a driver's own binary is given by its path", () => {
  expect(readUpOptions({ ...DEFAULTS, driver: "upstream=/bin/driver" }).driver).toEqual({
    kind: "program",
    path: "/bin/driver",
  });
});

test("a chart is given with the address of the repository that has it", () => {
  const { charts } = readUpOptions({ ...DEFAULTS, chart: ["https://charts.example.com/stable/=/charts/a=b"] });
  expect(charts).toEqual([{ url: "https://charts.example.com/stable", folder: "/charts/a=b" }]);
});

test.each([
  [{ stores: "mainframe" }, '--stores "mainframe" is not auto, all, none, or a list of: '],
  [{ providers: "vault,x" }, '--providers "vault,x" is not auto, all, none, or a list of: '],
  [{ driver: "upstream=" }, '--driver "upstream=" is not one of: reference, none, upstream=PATH'],
  [{ nodes: "51" }, '--nodes "51" is not a whole number from 0 to 50'],
  [{ port: "-1" }, '--port "-1" is not a whole number'],
  [{ speed: "fast" }, '--speed "fast" is not from 1x to 3600x'],
  [{ speed: "0.5x" }, '--speed "0.5x" is not from 1x'],
  [{ chart: ["./vault"] }, '--chart "./vault" is not https://HOST/PATH=FOLDER'],
  [{ chart: ["http://charts.example.com=./vault"] }, "is not https://HOST/PATH=FOLDER"],
  [{ chart: ["https://charts.example.com="] }, "is not https://HOST/PATH=FOLDER"],
  [{ kubeVersion: "1.20" }, '--kube-version "1.20" is not one of: 1.34, 1.35, 1.36'],
])("%o is refused", (flags, message) => {
  expect(() => readUpOptions({ ...DEFAULTS, ...flags })).toThrow(message);
});

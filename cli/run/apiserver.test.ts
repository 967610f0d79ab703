import { expect, test } from "vitest";
import { apiserverOf } from "./apiserver.ts";

const real = { KUBEBUILDER_ASSETS: "/nowhere" };

test("the embedded server is meant unless the other is named", () => {
  expect(apiserverOf({ cluster: "embedded" }, real)).toBeUndefined();
});

test("a name that is none, processes beside it and programs that are not there are refused", () => {
  expect(() => apiserverOf({ cluster: "k3s" }, real)).toThrow('--cluster "k3s" is not one of: embedded, apiserver');
  expect(() => apiserverOf({ cluster: "apiserver", processes: true }, real)).toThrow("--processes");
  expect(() => apiserverOf({ cluster: "apiserver" }, {})).toThrow("set KUBEBUILDER_ASSETS");
  expect(() => apiserverOf({ cluster: "apiserver" }, real)).toThrow('"/nowhere/kube-apiserver" is no program');
});

test("the programs are handed on", () => {
  const found = { TEST_ASSET_KUBE_APISERVER: process.execPath, TEST_ASSET_ETCD: process.execPath };
  expect(apiserverOf({ cluster: "apiserver" }, found)).toEqual({
    kubeApiserver: process.execPath,
    etcd: process.execPath,
  });
});

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import { nameOf, type Probe } from "./probe.ts";

/** Last folders of their own; otherwise kubelet's. */
const TARGETS: Readonly<Record<string, string>> = {
  "B17 publish to a target with [ in it": "b17[1]",
  "B17 unpublish a target with [1] in it": "b17[1]",
  "B17 publish to a target with an unclosed [": "b17[",
  "B17 unpublish a target with an unclosed [": "b17[",
};
/** Volumes whose pod the probe's request does not name. */
const PODS: Readonly<Record<string, string>> = {
  "UPG-06 unpublish": "upg06",
  "CSI-18 unpublish it again": "busy",
  "PC-16 20 concurrent publishes": "pc16-0",
  "ROT-10 Secret follows at the periodic reconcile": "rot08",
  "ROT-15 new value; no CSI call, 7 s": "rot15",
  "ROT-17 the request of the reconciler (next cycle)": "rot15",
  "ROT-15 unchanged cycles: SecretRotationComplete again, MountRotationComplete not": "rot15",
  "ROT-16 labelled: rotation works": "rot16",
  "ROT-15 provider fails in a cycle": "rot15",
};

/** As the recording names it: kubelet's path, with the pod's name where its uid was. */
export function targetOf(folder: string, probe: Probe): string {
  if (probe.title === "sanity hook target <target>") return "/tmp/csi/mount";
  const [pod, volume] = podAndVolume(probe);
  const parent = join(folder, "kubelet/pods", `<uid:${pod}>`, "volumes/kubernetes.io~csi", volume);
  mkdirSync(parent, { recursive: true });
  return join(parent, "mount");
}

function podAndVolume(probe: Probe): readonly [string, string] {
  const named = TARGETS[nameOf(probe)];
  if (named !== undefined) return ["b17", named];
  const request: JsonObject = typeof probe.request === "string" ? {} : probe.request;
  const [, pod, volume] = /^csi-(.+)-([^-]+)$/.exec(String(request["volume_id"] ?? "")) ?? [];
  if (pod !== undefined && volume !== undefined) return [pod, volume];
  const set = probe.setup?.find(({ kind }) => kind === "Pod")?.name;
  return [PODS[nameOf(probe)] ?? set ?? `none-${String(request["volume_id"] ?? "")}`, "vol"];
}

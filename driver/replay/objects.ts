import type { KubeObject } from "../../kube/index.ts";
import type { SetupStep } from "./probe.ts";

export const PLURALS: Readonly<Record<string, string>> = {
  SecretProviderClass: "secretproviderclasses",
  SecretProviderClassPodStatus: "secretproviderclasspodstatuses",
  Pod: "pods",
  Secret: "secrets",
};

/** An object that the recording put, as the stand-in keeps it. */
export function objectOf({
  kind = "",
  name = "",
  namespace = "",
  labels,
  annotations,
  ...rest
}: SetupStep): KubeObject {
  const { spec, status, data, volumes } = rest;
  const isShared = status !== undefined;
  return {
    apiVersion: kind.startsWith("Secret") && kind !== "Secret" ? "secrets-store.csi.x-k8s.io/v1" : "v1",
    kind,
    metadata: {
      name,
      namespace,
      ...(kind === "Pod" && { uid: `<uid:${name}>` }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(isShared && { ownerReferences: ["one", "two"].map((pod) => ownerNamed(pod)) }),
    },
    ...(spec !== undefined && { spec }),
    ...(isShared && { status }),
    ...(volumes !== undefined && { spec: { serviceAccountName: "default", volumes }, status: { phase: "Running" } }),
    ...(data !== undefined && {
      data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
    }),
  };
}

function ownerNamed(pod: string): { apiVersion: string; kind: string; name: string; uid: string } {
  return { apiVersion: "v1", kind: "Pod", name: pod, uid: `uid-${pod}` };
}

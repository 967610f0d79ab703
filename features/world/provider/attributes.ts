import type { Parameters } from "../../../suite/index.ts";

/** The pod a Mount is for, as kubelet tells the driver and the driver the provider. */
const POD: Parameters = {
  secretProviderClass: "mountproof",
  "csi.storage.k8s.io/pod.name": "mountproof-pod",
  "csi.storage.k8s.io/pod.namespace": "default",
  "csi.storage.k8s.io/pod.uid": "5a3f8c1e-6f0d-4a57-9d0e-3b8a3a2f6c11",
  "csi.storage.k8s.io/serviceAccount.name": "default",
  "csi.storage.k8s.io/ephemeral": "true",
};

/** The attributes a driver makes of parameters: the pod's keys beside them, unless the author gave those too. */
export function attributesOf(parameters: Parameters, extra: Parameters = {}): Parameters {
  return { ...POD, ...parameters, ...extra };
}

/** As Go's encoding/json writes a map: keys sorted, and `<`, `>`, `&` escaped. */
export function goJson(map: Parameters): string {
  const sorted = Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(sorted).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Admission } from "../pipeline.ts";
import type { ServerContext } from "../server-context.ts";
import { failure } from "../validation/field-error.ts";
import { generatedName } from "./names.ts";

type Container = { volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[] };
type PodSpec = {
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  containers?: Container[];
  initContainers?: Container[];
  volumes?: { name: string; [source: string]: unknown }[];
};

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_SECONDS = 3607;

/**
 * What a pod gets from its ServiceAccount when it is created (plugin/pkg/admission/serviceaccount): the name, and
 * the projected `kube-api-access-…` volume in each container that mounts nothing there itself.
 */
export function serviceAccountAdmission(server: ServerContext): Admission {
  return {
    admit({ operation, kind, namespace, subresource }, object) {
      if (operation !== "CREATE" || kind.plural !== "pods" || kind.group !== "" || subresource !== "") return;
      const pod = object as KubeObject;
      const spec = (pod["spec"] ?? {}) as PodSpec;
      spec.serviceAccountName ??= spec.serviceAccount ?? "default";
      spec.serviceAccount = spec.serviceAccountName;
      const account = server.store.get("/serviceaccounts", `${namespace}/${spec.serviceAccountName}`);
      if (account === undefined)
        throw refused(
          pod,
          `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
        );
      if (spec.automountServiceAccountToken ?? account["automountServiceAccountToken"] ?? true)
        mountToken(server, spec);
    },
  };
}

function mountToken(server: ServerContext, spec: PodSpec): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    ({ volumeMounts = [] }) => !volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH),
  );
  if (containers.length === 0) return;
  const known = spec.volumes?.find(({ name }) => name.startsWith("kube-api-access-"));
  const name = known?.name ?? generatedName("kube-api-access-", server.random);
  for (const container of containers)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
  if (known !== undefined) return;
  const sources = [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: {
        items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
      },
    },
  ];
  spec.volumes = [...(spec.volumes ?? []), { name, projected: { sources, defaultMode: 420 } }];
}

function refused(pod: KubeObject, why: string): KubeStatusError {
  const name = pod.metadata.name ?? "";
  return new KubeStatusError({
    ...failure(403, "Forbidden", `pods "${name}" is forbidden: ${why}`),
    details: { name, kind: "pods" },
  });
}

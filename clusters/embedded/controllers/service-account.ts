import { isKubeStatus, type Resource } from "../../../kube/client.ts";
import { ConfigMaps, Namespaces, ServiceAccounts } from "../../../kube/resources.ts";
import type { KubeObject } from "../../../kube/types.ts";
import { keyOf, type StartController, splitKey } from "./context.ts";
import { startQueue } from "./queue.ts";

const ROOT_CA = "kube-root-ca.crt";

/** Gives every namespace its `default` ServiceAccount and the ConfigMap with the cluster's CA. */
export const startServiceAccountController: StartController = async ({ client, clock, log, informer }) => {
  const namespaces = await informer(Namespaces);
  const accounts = await informer(ServiceAccounts);
  const configMaps = await informer(ConfigMaps as Resource<KubeObject & { data?: Record<string, string> }>);
  const unlessExists = (error: unknown): void => {
    if (!isKubeStatus(error, "AlreadyExists", "NotFound") && !isTerminating(error)) throw error;
  };
  const queue = startQueue({
    name: "serviceaccount-controller",
    clock,
    log,
    workers: 5,
    reconcile: async (namespace) => {
      const object = namespaces.get(namespace);
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
      const jobs: Promise<unknown>[] = [];
      if (accounts.get("default", namespace) === undefined)
        jobs.push(
          client
            .create(ServiceAccounts, {
              apiVersion: "v1",
              kind: "ServiceAccount",
              metadata: { name: "default", namespace },
            })
            .catch(unlessExists),
        );
      const wanted = { "ca.crt": client.config.caPem };
      const present = configMaps.get(ROOT_CA, namespace);
      const configMap = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: ROOT_CA, namespace, annotations: ROOT_CA_NOTE },
        data: wanted,
      };
      if (present === undefined) jobs.push(client.create(ConfigMaps, configMap).catch(unlessExists));
      else if (present.data?.["ca.crt"] !== wanted["ca.crt"])
        jobs.push(client.update(ConfigMaps, { ...present, data: wanted }));
      await Promise.all(jobs);
    },
  });
  namespaces.onEvent(({ type, object }) => {
    if (type !== "DELETED") queue.add(keyOf(object));
  });
  accounts.onEvent(({ type, object }) => {
    if (type === "DELETED" && object.metadata.name === "default") queue.add(splitKey(keyOf(object)).namespace ?? "");
  });
  configMaps.onEvent(({ type, object }) => {
    if (type !== "ADDED" && object.metadata.name === ROOT_CA) queue.add(splitKey(keyOf(object)).namespace ?? "");
  });
  return queue;
};

const ROOT_CA_NOTE = {
  "kubernetes.io/description":
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
};

/** A namespace on its way out takes nothing new. */
function isTerminating(error: unknown): boolean {
  return (
    isKubeStatus(error, "Forbidden") &&
    (error.status.details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating")
  );
}

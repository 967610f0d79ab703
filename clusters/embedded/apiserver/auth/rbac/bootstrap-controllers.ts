import { allow, READ } from "./rule-words.ts";
import type { PolicyRule } from "./rules.ts";

const EVENTS = allow("create patch update", "", "events");
const EVERYTHING = { apiGroups: ["*"], resources: ["*"] };

/** `system:controller:<name>` of each controller that this cluster runs, bound to its ServiceAccount in kube-system. */
export const CONTROLLER_ROLES: Readonly<Record<string, readonly PolicyRule[]>> = {
  "clusterrole-aggregation-controller": [
    allow("escalate get list patch update watch", "rbac.authorization.k8s.io", "clusterroles"),
  ],
  "cronjob-controller": [
    allow("get list update watch", "batch", "cronjobs"),
    allow("create delete get list patch update watch", "batch", "jobs"),
    allow("update", "batch", "cronjobs/finalizers", "cronjobs/status"),
    allow("delete list", "", "pods"),
    EVENTS,
  ],
  "daemon-set-controller": [
    allow(READ, "apps", "daemonsets"),
    allow("update", "apps", "daemonsets/finalizers", "daemonsets/status"),
    allow("list watch", "", "nodes"),
    allow("create delete list patch watch", "", "pods"),
    allow("create", "", "pods/binding"),
    allow("create delete get list patch update watch", "apps", "controllerrevisions"),
    EVENTS,
  ],
  "deployment-controller": [
    allow("get list update watch", "apps", "deployments"),
    allow("update", "apps", "deployments/finalizers", "deployments/status"),
    allow("create delete get list patch update watch", "apps", "replicasets"),
    allow("get list update watch", "", "pods"),
    EVENTS,
  ],
  "endpointslice-controller": [
    allow(READ, "", "nodes", "pods", "services"),
    allow("update", "", "services/finalizers"),
    allow("create delete get list update watch", "discovery.k8s.io", "endpointslices"),
    EVENTS,
  ],
  "endpoint-controller": [
    allow(READ, "", "pods", "services"),
    allow("create delete get list update watch", "", "endpoints"),
    allow("create", "", "endpoints/restricted"),
    EVENTS,
  ],
  "generic-garbage-collector": [{ verbs: "delete get list patch update watch".split(" "), ...EVERYTHING }, EVENTS],
  "job-controller": [
    allow("get list patch update watch", "batch", "jobs"),
    allow("update", "batch", "jobs/finalizers", "jobs/status"),
    allow("create delete list patch watch", "", "pods"),
    EVENTS,
  ],
  "namespace-controller": [
    allow("delete get list watch", "", "namespaces"),
    allow("update", "", "namespaces/finalize", "namespaces/status"),
    { verbs: "delete deletecollection get list".split(" "), ...EVERYTHING },
  ],
  "node-controller": [
    allow("delete get list patch update", "", "nodes"),
    allow("patch update", "", "nodes/status"),
    allow("patch update", "", "pods/status"),
    allow("delete get list", "", "pods"),
    EVENTS,
  ],
  "pod-garbage-collector": [
    allow("delete list watch", "", "pods"),
    allow("get list", "", "nodes"),
    allow("patch", "", "pods/status"),
  ],
  "replicaset-controller": [
    allow("get list update watch", "apps", "replicasets"),
    allow("update", "apps", "replicasets/finalizers", "replicasets/status"),
    allow("create delete list patch watch", "", "pods"),
    EVENTS,
  ],
  "root-ca-cert-publisher": [allow("create update", "", "configmaps"), EVENTS],
  "service-account-controller": [allow("create", "", "serviceaccounts"), EVENTS],
  "statefulset-controller": [
    allow("list watch", "", "pods"),
    allow(READ, "apps", "statefulsets"),
    allow("update", "apps", "statefulsets/finalizers", "statefulsets/status"),
    allow("create delete get patch update", "", "pods"),
    allow("create delete get list patch update watch", "apps", "controllerrevisions"),
    allow("create get", "", "persistentvolumeclaims"),
    EVENTS,
  ],
  "ttl-after-finished-controller": [allow("delete get list watch", "batch", "jobs"), EVENTS],
};

import { ALL_VERBS, allow, allowPaths, READ, WRITE } from "./rule-words.ts";
import type { PolicyRule } from "./rules.ts";

type Roles = Readonly<Record<string, readonly PolicyRule[]>>;

const AUTHN = "authentication.k8s.io";
const AUTHZ = "authorization.k8s.io";
const RBAC = "rbac.authorization.k8s.io";
const STORAGE = "storage.k8s.io";
const LEASES = "coordination.k8s.io";

/** ClusterRoles of the system's own parts. */
export const COMPONENT_ROLES: Roles = {
  "cluster-admin": [
    { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
    { verbs: ["*"], nonResourceURLs: ["*"] },
  ],
  "system:discovery": [
    allowPaths(
      ...["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez"],
      ...["/openapi", "/openapi/*", "/readyz", "/version", "/version/"],
    ),
  ],
  "system:basic-user": [
    allow("create", AUTHZ, "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    allow("create", AUTHN, "selfsubjectreviews"),
  ],
  "system:public-info-viewer": [allowPaths("/healthz", "/livez", "/readyz", "/version", "/version/")],
  "system:service-account-issuer-discovery": [
    allowPaths(
      ...["/.well-known/openid-configuration", "/.well-known/openid-configuration/"],
      ...["/openid/v1/jwks", "/openid/v1/jwks/"],
    ),
  ],
  "system:monitoring": [
    allowPaths(
      ...["/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*"],
    ),
  ],
  "system:auth-delegator": [allow("create", AUTHN, "tokenreviews"), allow("create", AUTHZ, "subjectaccessreviews")],
  "system:kubelet-api-admin": [
    allow(READ, "", "nodes"),
    allow("proxy", "", "nodes"),
    { verbs: ["*"], apiGroups: [""], resources: ["nodes/log", "nodes/metrics", "nodes/proxy", "nodes/stats"] },
  ],
  "system:node": [
    allow("create", AUTHN, "tokenreviews"),
    allow("create", AUTHZ, "localsubjectaccessreviews", "subjectaccessreviews"),
    allow(READ, "", "services"),
    allow("create get list watch", "", "nodes"),
    allow("patch update", "", "nodes/status"),
    allow("patch update", "", "nodes"),
    allow("create patch update", "", "events"),
    allow(READ, "", "pods"),
    allow("create delete", "", "pods"),
    allow("patch update", "", "pods/status"),
    allow("create", "", "pods/eviction"),
    allow(READ, "", "configmaps", "secrets"),
    allow("get", "", "persistentvolumeclaims", "persistentvolumes"),
    allow("get", "", "endpoints"),
    allow("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
    allow("create delete get patch update", LEASES, "leases"),
    allow("get", STORAGE, "volumeattachments"),
    allow("create", "", "serviceaccounts/token"),
    allow("get patch update", "", "persistentvolumeclaims/status"),
    allow(READ, STORAGE, "csidrivers"),
    allow("create delete get patch update", STORAGE, "csinodes"),
    allow(READ, "node.k8s.io", "runtimeclasses"),
  ],
  "system:kube-controller-manager": [
    allow("create patch update", "", "events"),
    allow("create", LEASES, "leases"),
    { ...allow("get update", LEASES, "leases"), resourceNames: ["kube-controller-manager"] },
    allow("create", "", "secrets", "serviceaccounts"),
    allow("delete", "", "secrets"),
    allow("get", "", "configmaps", "namespaces", "secrets", "serviceaccounts"),
    allow("update", "", "secrets", "serviceaccounts"),
    allow("create", AUTHN, "tokenreviews"),
    allow("create", AUTHZ, "subjectaccessreviews"),
    { verbs: ["list", "watch"], apiGroups: ["*"], resources: ["*"] },
    allow("create", "", "serviceaccounts/token"),
  ],
  "system:kube-scheduler": [
    allow("create patch update", "", "events"),
    allow("create", LEASES, "leases"),
    { ...allow("get update", LEASES, "leases"), resourceNames: ["kube-scheduler"] },
    allow(READ, "", "nodes"),
    allow("delete get list watch", "", "pods"),
    allow("create", "", "bindings", "pods/binding"),
    allow("patch update", "", "pods/status"),
    allow(READ, "", "replicationcontrollers", "services"),
    allow(READ, "apps", "replicasets", "statefulsets"),
    allow(READ, "policy", "poddisruptionbudgets"),
    allow(READ, "", "persistentvolumeclaims", "persistentvolumes"),
    allow("create", AUTHN, "tokenreviews"),
    allow("create", AUTHZ, "subjectaccessreviews"),
    allow(READ, STORAGE, "csidrivers", "csinodes", "csistoragecapacities", "volumeattachments"),
    allow(READ, "", "namespaces"),
  ],
  "system:volume-scheduler": [
    allow("get list patch update watch", "", "persistentvolumes"),
    allow(READ, STORAGE, "storageclasses"),
    allow("get list patch update watch", "", "persistentvolumeclaims"),
  ],
};

const WORKLOADS = ["daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale"];

/** What `view`, `edit` and `admin` are put together from. */
export const RULES_OF_USERS: Roles = {
  view: [
    allow(
      READ,
      "",
      ...["configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods"],
      ...["replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services", "services/status"],
    ),
    allow(
      READ,
      "",
      ...["bindings", "events", "limitranges", "namespaces/status", "pods/log", "pods/status"],
      ...["replicationcontrollers/status", "resourcequotas", "resourcequotas/status"],
    ),
    allow(READ, "", "namespaces"),
    allow(READ, "discovery.k8s.io", "endpointslices"),
    allow(
      READ,
      "apps",
      ...["controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale"],
      ...["deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets"],
      ...["statefulsets/scale", "statefulsets/status"],
    ),
    allow(READ, "autoscaling", "horizontalpodautoscalers", "horizontalpodautoscalers/status"),
    allow(READ, "batch", "cronjobs", "cronjobs/status", "jobs", "jobs/status"),
    allow(READ, "extensions", ...WORKLOADS, "ingresses", "networkpolicies", "replicationcontrollers/scale"),
    allow(READ, "policy", "poddisruptionbudgets", "poddisruptionbudgets/status"),
    allow(READ, "networking.k8s.io", "ingresses", "ingresses/status", "networkpolicies"),
  ],
  edit: [
    allow(READ, "", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"),
    allow("impersonate", "", "serviceaccounts"),
    allow(WRITE, "", "pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"),
    allow("create", "", "pods/eviction"),
    allow(
      WRITE,
      "",
      ...["configmaps", "events", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale"],
      ...["secrets", "serviceaccounts", "services", "services/proxy"],
    ),
    allow("create", "", "serviceaccounts/token"),
    allow(WRITE, "apps", ...WORKLOADS, "deployments/rollback", "statefulsets", "statefulsets/scale"),
    allow(WRITE, "autoscaling", "horizontalpodautoscalers"),
    allow(WRITE, "batch", "cronjobs", "jobs"),
    allow(
      WRITE,
      "extensions",
      ...[...WORKLOADS, "deployments/rollback", "ingresses", "networkpolicies", "replicationcontrollers/scale"],
    ),
    allow(WRITE, "policy", "poddisruptionbudgets"),
    allow(WRITE, "networking.k8s.io", "ingresses", "networkpolicies"),
    allow(ALL_VERBS, LEASES, "leases"),
  ],
  admin: [allow("create", AUTHZ, "localsubjectaccessreviews"), allow(ALL_VERBS, RBAC, "rolebindings", "roles")],
};

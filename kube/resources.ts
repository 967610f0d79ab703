import type { Resource } from "./client.ts";
import type { KubeObject } from "./types.ts";

/** A handle for a kind; the well-known ones stand below. */
export function resource<T extends KubeObject = KubeObject>(definition: {
  readonly group?: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}): Resource<T> {
  return { group: "", ...definition };
}

/** `/api/v1/namespaces/NS/pods/NAME/status`, each part escaped. */
export function pathOf(
  kind: Resource,
  options: { readonly namespace?: string; readonly name?: string; readonly subresource?: string } = {},
): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope =
    kind.namespaced && options.namespace !== undefined ? `/namespaces/${encodeURIComponent(options.namespace)}` : "";
  const name = options.name === undefined ? "" : `/${encodeURIComponent(options.name)}`;
  const subresource = options.subresource === undefined ? "" : `/${options.subresource}`;
  return `${root}${scope}/${kind.plural}${name}${subresource}`;
}

/** `v1`, or `apps/v1` */
export function apiVersionOf(kind: Pick<Resource, "group" | "version">): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** Every constant in this file shares one object type until its users narrow it. */
const core = (kind: string, plural: string, namespaced = true): Resource =>
  resource({ version: "v1", kind, plural, namespaced });
const group = (name: string, kind: string, plural: string, namespaced = true, version = "v1"): Resource =>
  resource({ group: name, version, kind, plural, namespaced });

export const Namespaces = core("Namespace", "namespaces", false);
export const Nodes = core("Node", "nodes", false);
export const Pods = core("Pod", "pods");
export const Secrets = core("Secret", "secrets");
export const ConfigMaps = core("ConfigMap", "configmaps");
export const ServiceAccounts = core("ServiceAccount", "serviceaccounts");
export const Services = core("Service", "services");
export const Endpoints = core("Endpoints", "endpoints");
export const Events = core("Event", "events");

export const Deployments = group("apps", "Deployment", "deployments");
export const ReplicaSets = group("apps", "ReplicaSet", "replicasets");
export const StatefulSets = group("apps", "StatefulSet", "statefulsets");
export const DaemonSets = group("apps", "DaemonSet", "daemonsets");
export const Jobs = group("batch", "Job", "jobs");
export const CronJobs = group("batch", "CronJob", "cronjobs");

export const EndpointSlices = group("discovery.k8s.io", "EndpointSlice", "endpointslices");
export const Leases = group("coordination.k8s.io", "Lease", "leases");
export const CSIDrivers = group("storage.k8s.io", "CSIDriver", "csidrivers", false);
export const CSINodes = group("storage.k8s.io", "CSINode", "csinodes", false);

export const Roles = group("rbac.authorization.k8s.io", "Role", "roles");
export const RoleBindings = group("rbac.authorization.k8s.io", "RoleBinding", "rolebindings");
export const ClusterRoles = group("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", false);
export const ClusterRoleBindings = group(
  "rbac.authorization.k8s.io",
  "ClusterRoleBinding",
  "clusterrolebindings",
  false,
);

export const TokenReviews = group("authentication.k8s.io", "TokenReview", "tokenreviews", false);
export const SubjectAccessReviews = group("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews", false);
export const CustomResourceDefinitions = group(
  "apiextensions.k8s.io",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);

const SECRETS_STORE = "secrets-store.csi.x-k8s.io";

export type SecretProviderClass = KubeObject & {
  spec?: {
    provider?: string;
    parameters?: Record<string, string>;
    secretObjects?: {
      secretName?: string;
      type?: string;
      labels?: Record<string, string>;
      annotations?: Record<string, string>;
      data?: { objectName?: string; key?: string }[];
    }[];
  };
};

export type SecretProviderClassPodStatus = KubeObject & {
  status?: {
    podName?: string;
    secretProviderClassName?: string;
    targetPath?: string;
    mounted?: boolean;
    objects?: { id?: string; version?: string }[];
  };
};

export const SecretProviderClasses = group(
  SECRETS_STORE,
  "SecretProviderClass",
  "secretproviderclasses",
) as Resource<SecretProviderClass>;
export const SecretProviderClassPodStatuses = group(
  SECRETS_STORE,
  "SecretProviderClassPodStatus",
  "secretproviderclasspodstatuses",
) as Resource<SecretProviderClassPodStatus>;

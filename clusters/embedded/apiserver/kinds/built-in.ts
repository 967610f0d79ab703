import type { KubeObject } from "../../../../kube/types.ts";
import { eventKinds } from "./events.ts";
import { ALL_VERBS, type Kind, type Subresource, type Verb } from "./kind.ts";
import { podKind } from "./pods.ts";
import { configMapKind, csiDriverKind, namespaceKind, secretKind, serviceKind } from "./simple.ts";
import { deploymentKind, replicaSetKind, workloadKinds } from "./workloads.ts";

type Short = Pick<Kind, "kind" | "plural"> & Partial<Omit<Kind, "kind" | "plural">>;

const statusOnly: readonly Subresource[] = [{ name: "status", verbs: ["get", "patch", "update"] }];

function kind(group: string, definition: Short): Kind {
  return {
    group,
    version: "v1",
    singular: definition.kind.toLowerCase(),
    namespaced: true,
    verbs: ALL_VERBS,
    subresources: [],
    ...definition,
  };
}

const POST: readonly Verb[] = ["create"];
const RBAC = "rbac.authorization.k8s.io";
const AUTHORIZATION = "authorization.k8s.io";
const AUTHENTICATION = "authentication.k8s.io";
const STORAGE = "storage.k8s.io";

const unschedulable = (object: KubeObject): string =>
  String((object["spec"] as { unschedulable?: boolean } | undefined)?.unschedulable ?? false);

/** Every built-in kind that is served; the order is discovery's. CustomResources join at run time. */
export function builtInKinds(): Kind[] {
  return [
    kind("", configMapKind),
    kind("", { kind: "Endpoints", plural: "endpoints", singular: "endpoints", shortNames: ["ep"] }),
    ...eventKinds.map(({ group, ...definition }) => kind(group, definition)),
    kind("", namespaceKind),
    kind("", {
      kind: "Node",
      plural: "nodes",
      namespaced: false,
      shortNames: ["no"],
      subresources: statusOnly,
      selectable: { "spec.unschedulable": unschedulable },
    }),
    kind("", {
      kind: "PersistentVolume",
      plural: "persistentvolumes",
      namespaced: false,
      shortNames: ["pv"],
      subresources: statusOnly,
    }),
    kind("", {
      kind: "PersistentVolumeClaim",
      plural: "persistentvolumeclaims",
      shortNames: ["pvc"],
      subresources: statusOnly,
    }),
    kind("", podKind),
    kind("", secretKind),
    kind("", {
      kind: "ServiceAccount",
      plural: "serviceaccounts",
      shortNames: ["sa"],
      subresources: [{ name: "token", verbs: POST, group: AUTHENTICATION, version: "v1", kind: "TokenRequest" }],
    }),
    kind("", serviceKind),
    kind("apps", deploymentKind),
    kind("apps", replicaSetKind),
    ...workloadKinds.map(({ group, ...definition }) => kind(group, definition)),
    kind(AUTHENTICATION, { kind: "TokenReview", plural: "tokenreviews", namespaced: false, verbs: POST }),
    kind(AUTHENTICATION, { kind: "SelfSubjectReview", plural: "selfsubjectreviews", namespaced: false, verbs: POST }),
    kind(AUTHORIZATION, { kind: "LocalSubjectAccessReview", plural: "localsubjectaccessreviews", verbs: POST }),
    kind(AUTHORIZATION, {
      kind: "SelfSubjectAccessReview",
      plural: "selfsubjectaccessreviews",
      namespaced: false,
      verbs: POST,
    }),
    kind(AUTHORIZATION, {
      kind: "SelfSubjectRulesReview",
      plural: "selfsubjectrulesreviews",
      namespaced: false,
      verbs: POST,
    }),
    kind(AUTHORIZATION, {
      kind: "SubjectAccessReview",
      plural: "subjectaccessreviews",
      namespaced: false,
      verbs: POST,
    }),
    kind("coordination.k8s.io", { kind: "Lease", plural: "leases" }),
    kind("discovery.k8s.io", { kind: "EndpointSlice", plural: "endpointslices" }),
    kind(RBAC, { kind: "ClusterRoleBinding", plural: "clusterrolebindings", namespaced: false, names: "path" }),
    kind(RBAC, { kind: "ClusterRole", plural: "clusterroles", namespaced: false, names: "path" }),
    kind(RBAC, { kind: "RoleBinding", plural: "rolebindings", names: "path" }),
    kind(RBAC, { kind: "Role", plural: "roles", names: "path" }),
    kind(STORAGE, csiDriverKind),
    kind(STORAGE, { kind: "CSINode", plural: "csinodes", namespaced: false }),
    kind(STORAGE, { kind: "StorageClass", plural: "storageclasses", namespaced: false, shortNames: ["sc"] }),
    kind(STORAGE, {
      kind: "VolumeAttachment",
      plural: "volumeattachments",
      namespaced: false,
      subresources: statusOnly,
    }),
    kind(STORAGE, { kind: "CSIStorageCapacity", plural: "csistoragecapacities" }),
    kind("apiextensions.k8s.io", {
      kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions",
      namespaced: false,
      shortNames: ["crd", "crds"],
      categories: ["api-extensions"],
      subresources: statusOnly,
      hasGeneration: true,
    }),
  ];
}

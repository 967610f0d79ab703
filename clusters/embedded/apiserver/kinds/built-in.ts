import { announcedKinds } from "./announced.ts";
import { autoscalerKinds } from "./autoscaling.ts";
import { cronJobKind, jobKind } from "./batch.ts";
import { eventKinds } from "./events.ts";
import { ALL_VERBS, type Kind, type Subresource, type Verb } from "./kind.ts";
import { networkingKinds } from "./networking.ts";
import { nodeKind } from "./nodes.ts";
import { podKind } from "./pods.ts";
import { disruptionBudgetKind, priorityClassKind, quotaKind } from "./policy.ts";
import { rbacKinds } from "./rbac.ts";
import { serviceKind } from "./services.ts";
import { configMapKind, csiDriverKind, namespaceKind, secretKind } from "./simple.ts";
import { deploymentKind, replicaSetKind, replicationControllerKind, workloadKinds } from "./workloads.ts";

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
const PROXY = { name: "proxy", verbs: ["create", "delete", "get", "patch", "update"] } as const;

/** Every built-in kind that is served; groups come in the order of discovery. CustomResources join at run time. */
export function builtInKinds(): Kind[] {
  const announced = announcedKinds();
  const told = (group: string): Kind[] => announced.filter((one) => one.group === group);
  return [
    ...coreKinds(),
    ...told("apiregistration.k8s.io"),
    kind("apps", { kind: "ControllerRevision", plural: "controllerrevisions" }),
    kind("apps", deploymentKind),
    kind("apps", replicaSetKind),
    ...workloadKinds.map(({ group, ...definition }) => kind(group, definition)),
    ...eventKinds.filter(({ group }) => group !== "").map(({ group, ...definition }) => kind(group, definition)),
    kind(AUTHENTICATION, { kind: "TokenReview", plural: "tokenreviews", namespaced: false, verbs: POST }),
    kind(AUTHENTICATION, { kind: "SelfSubjectReview", plural: "selfsubjectreviews", namespaced: false, verbs: POST }),
    kind(AUTHORIZATION, { kind: "LocalSubjectAccessReview", plural: "localsubjectaccessreviews", verbs: POST }),
    ...["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"].map((name) =>
      kind(AUTHORIZATION, { kind: name, plural: `${name.toLowerCase()}s`, namespaced: false, verbs: POST }),
    ),
    ...autoscalerKinds.map((definition) => kind("autoscaling", definition)),
    kind("batch", jobKind),
    kind("batch", cronJobKind),
    ...told("certificates.k8s.io"),
    ...networkingKinds.map((definition) => kind("networking.k8s.io", definition)),
    kind("policy", disruptionBudgetKind),
    ...rbacKinds.map((definition) => kind(RBAC, definition)),
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
    kind(STORAGE, {
      kind: "VolumeAttributesClass",
      plural: "volumeattributesclasses",
      namespaced: false,
      shortNames: ["vac"],
    }),
    ...told("admissionregistration.k8s.io"),
    kind("apiextensions.k8s.io", {
      kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions",
      namespaced: false,
      shortNames: ["crd", "crds"],
      categories: ["api-extensions"],
      subresources: statusOnly,
      hasGeneration: true,
    }),
    kind("scheduling.k8s.io", priorityClassKind),
    kind("coordination.k8s.io", { kind: "Lease", plural: "leases", createsOnUpdate: true }),
    ...told("node.k8s.io"),
    kind("discovery.k8s.io", { kind: "EndpointSlice", plural: "endpointslices", hasGeneration: true }),
    ...told("resource.k8s.io"),
    ...told("flowcontrol.apiserver.k8s.io"),
  ];
}

function coreKinds(): Kind[] {
  return [
    ...announcedKinds().filter(({ group }) => group === ""),
    kind("", {
      kind: "ComponentStatus",
      plural: "componentstatuses",
      singular: "componentstatus",
      namespaced: false,
      shortNames: ["cs"],
      verbs: ["get", "list"],
      deprecation: "v1 ComponentStatus is deprecated in v1.19+",
    }),
    kind("", configMapKind),
    kind("", {
      kind: "Endpoints",
      plural: "endpoints",
      singular: "endpoints",
      shortNames: ["ep"],
      createsOnUpdate: true,
      deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    }),
    ...eventKinds.filter(({ group }) => group === "").map(({ group, ...definition }) => kind(group, definition)),
    kind("", { kind: "LimitRange", plural: "limitranges", shortNames: ["limits"], createsOnUpdate: true }),
    kind("", namespaceKind),
    kind("", nodeKind),
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
    kind("", { kind: "PodTemplate", plural: "podtemplates", hasGeneration: true }),
    kind("", replicationControllerKind),
    kind("", quotaKind),
    kind("", secretKind),
    kind("", {
      kind: "ServiceAccount",
      plural: "serviceaccounts",
      shortNames: ["sa"],
      // Of a Secret its name alone is kept (k8s.io/kubernetes, registry/core/serviceaccount).
      prepare: (object) => {
        const { secrets } = object as { secrets?: { name?: string }[] };
        if (Array.isArray(secrets)) object["secrets"] = secrets.map(({ name }) => (name ? { name } : {}));
      },
      subresources: [{ name: "token", verbs: POST, group: AUTHENTICATION, version: "v1", kind: "TokenRequest" }],
    }),
    kind("", { ...serviceKind, subresources: [{ ...PROXY, kind: "ServiceProxyOptions" }, ...statusOnly] }),
  ];
}

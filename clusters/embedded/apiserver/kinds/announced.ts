import { ALL_VERBS, type Kind, type Verb } from "./kind.ts";

type Line = readonly [kind: string, plural: string, more?: Partial<Kind>];

const cluster = { namespaced: false } as const;
const status = { name: "status", verbs: ["get", "patch", "update"] } as const;
const extensions = { ...cluster, categories: ["api-extensions"] } as const;

/**
 * Kinds that a real server tells of and this one does not have: their lists are empty, and what would make one is
 * refused (501), for an admission webhook or a priority level that is stored and not obeyed would be worse.
 */
const BY_GROUP: Readonly<Record<string, readonly Line[]>> = {
  "": [["Binding", "bindings", { verbs: ["create"] as readonly Verb[] }]],
  "apiregistration.k8s.io": [["APIService", "apiservices", { ...extensions, subresources: [status] }]],
  "certificates.k8s.io": [
    [
      "CertificateSigningRequest",
      "certificatesigningrequests",
      { ...cluster, shortNames: ["csr"], subresources: [{ ...status, name: "approval" }, status] },
    ],
  ],
  "admissionregistration.k8s.io": [
    ["MutatingWebhookConfiguration", "mutatingwebhookconfigurations", extensions],
    ["ValidatingAdmissionPolicy", "validatingadmissionpolicies", { ...extensions, subresources: [status] }],
    ["ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", extensions],
    ["ValidatingWebhookConfiguration", "validatingwebhookconfigurations", extensions],
  ],
  "node.k8s.io": [["RuntimeClass", "runtimeclasses", cluster]],
  "resource.k8s.io": [
    ["DeviceClass", "deviceclasses", cluster],
    ["ResourceClaim", "resourceclaims", { subresources: [status] }],
    ["ResourceClaimTemplate", "resourceclaimtemplates"],
    ["ResourceSlice", "resourceslices", cluster],
  ],
  "flowcontrol.apiserver.k8s.io": [
    ["FlowSchema", "flowschemas", { ...cluster, subresources: [status] }],
    ["PriorityLevelConfiguration", "prioritylevelconfigurations", { ...cluster, subresources: [status] }],
  ],
};

export function announcedKinds(): Kind[] {
  return Object.entries(BY_GROUP).flatMap(([group, lines]) =>
    lines.map(([kind, plural, more]) => ({
      group,
      version: "v1",
      kind,
      plural,
      singular: kind.toLowerCase(),
      namespaced: true,
      verbs: ALL_VERBS,
      subresources: [],
      isAnnounced: true,
      ...more,
    })),
  );
}

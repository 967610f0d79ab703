import type { KubeObject } from "../kube/types.ts";

/** The Helm values of the driver's chart that decide what is applied (spec of the deployment, upstream v1.6.0). */
export type DriverValues = {
  readonly namespace?: string;
  readonly syncSecret?: { readonly enabled?: boolean };
  readonly enableSecretRotation?: boolean;
  /** Go duration, `120s`; the driver's default is 2m. */
  readonly rotationPollInterval?: string;
  readonly providerHealthCheck?: boolean;
  readonly providerHealthCheckInterval?: string;
  readonly logVerbosity?: number;
  readonly logFormatJSON?: boolean;
  readonly maxCallRecvMsgSize?: number;
  readonly tokenRequests?: readonly { readonly audience: string; readonly expirationSeconds?: number }[];
  /** Tokens in the request's secrets; Helm sets it with tokenRequests from Kubernetes 1.35 on. */
  readonly serviceAccountTokenInSecrets?: boolean;
  /** The chart of a release that rotated, and asked for tokens, by itself. */
  readonly release?: "1.5";
};

export const DRIVER_NAME = "secrets-store.csi.k8s.io";
export const DRIVER_SERVICE_ACCOUNT = "secrets-store-csi-driver";

const GROUP = "secrets-store.csi.x-k8s.io";
const RBAC = "rbac.authorization.k8s.io/v1";

/** What the cluster must hold before the driver runs: its account, rights and CSIDriver. CRDs come from the cluster. */
export function driverManifests(values: DriverValues = {}): KubeObject[] {
  const namespace = values.namespace ?? "kube-system";
  const subject = { kind: "ServiceAccount", name: DRIVER_SERVICE_ACCOUNT, namespace };
  const role = (name: string, rules: unknown[], labels?: Record<string, string>): KubeObject => ({
    apiVersion: RBAC,
    kind: "ClusterRole",
    metadata: { name, ...(labels !== undefined && { labels }) },
    rules,
  });
  const binding = (name: string, roleName: string): KubeObject => ({
    apiVersion: RBAC,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: roleName },
    subjects: [subject],
  });
  const read = ["get", "list", "watch"];
  const aggregate = (...roles: string[]): Record<string, string> =>
    Object.fromEntries(roles.map((name) => [`rbac.authorization.k8s.io/aggregate-to-${name}`, "true"]));
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: DRIVER_SERVICE_ACCOUNT, namespace } },
    role("secretproviderclasses-role", [
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      { apiGroups: [""], resources: ["pods"], verbs: read },
      { apiGroups: [GROUP], resources: ["secretproviderclasses"], verbs: read },
      {
        apiGroups: [GROUP],
        resources: ["secretproviderclasspodstatuses"],
        verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
      },
      { apiGroups: [GROUP], resources: ["secretproviderclasspodstatuses/status"], verbs: ["get", "patch", "update"] },
      { apiGroups: ["storage.k8s.io"], resources: ["csidrivers"], resourceNames: [DRIVER_NAME], verbs: read },
    ]),
    binding("secretproviderclasses-rolebinding", "secretproviderclasses-role"),
    role(
      "secretproviderclasses-admin-role",
      [
        {
          apiGroups: [GROUP],
          resources: ["secretproviderclasses"],
          verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
        },
      ],
      aggregate("admin", "edit"),
    ),
    role(
      "secretproviderclasses-viewer-role",
      [{ apiGroups: [GROUP], resources: ["secretproviderclasses"], verbs: read }],
      aggregate("view"),
    ),
    role(
      "secretproviderclasspodstatuses-viewer-role",
      [{ apiGroups: [GROUP], resources: ["secretproviderclasspodstatuses"], verbs: read }],
      aggregate("view"),
    ),
    ...(values.syncSecret?.enabled === true
      ? [
          role("secretprovidersyncing-role", [
            {
              apiGroups: [""],
              resources: ["secrets"],
              verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
            },
          ]),
          binding("secretprovidersyncing-rolebinding", "secretprovidersyncing-role"),
        ]
      : []),
    ...(values.release === "1.5" ? ownRotationRoles(role, binding) : []),
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name: DRIVER_NAME },
      spec: {
        podInfoOnMount: true,
        attachRequired: false,
        volumeLifecycleModes: ["Ephemeral"],
        requiresRepublish: values.enableSecretRotation === true && values.release === undefined,
        ...(values.tokenRequests !== undefined && { tokenRequests: values.tokenRequests }),
        ...(values.serviceAccountTokenInSecrets === true && { serviceAccountTokenInSecrets: true }),
      },
    },
  ];
}

/** What v1.6 took back: Secrets that volumes are published with, and the pods' tokens. */
function ownRotationRoles(
  role: (name: string, rules: unknown[]) => KubeObject,
  binding: (name: string, roleName: string) => KubeObject,
): KubeObject[] {
  const rotation = [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] }];
  const tokens = [{ apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] }];
  return [
    role("secretproviderrotation-role", rotation),
    binding("secretproviderrotation-rolebinding", "secretproviderrotation-role"),
    role("secretprovidertokenrequest-role", tokens),
    binding("secretprovidertokenrequest-rolebinding", "secretprovidertokenrequest-role"),
  ];
}

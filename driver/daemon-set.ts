import type { KubeObject } from "../kube/types.ts";
import { DRIVER_SERVICE_ACCOUNT, type DriverValues } from "./manifests.ts";

/** The images of upstream's chart. What they run in a simulated cluster is its table of images' to say. */
export const DRIVER_IMAGES = {
  driver: "registry.k8s.io/csi-secrets-store/driver:v1.6.0",
  registrar: "registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.16.0",
  livenessProbe: "registry.k8s.io/sig-storage/livenessprobe:v2.18.0",
} as const;

const PLUGIN_FOLDER = "/var/lib/kubelet/plugins/csi-secrets-store";
const PODS = "/var/lib/kubelet/pods";
const PROVIDERS = "/var/run/secrets-store-csi-providers";
const MORE_PROVIDERS = "/etc/kubernetes/secrets-store-csi-providers";
const HEALTH_PORT = 9808;
const METRICS_PORT = 8095;

/** What upstream's chart calls its DaemonSet, in a release of this name. */
export function daemonSetName(release: string): string {
  const chart = "secrets-store-csi-driver";
  return release.includes(chart) ? release : `${release}-${chart}`;
}

/** The driver on every Linux node, with registrar and liveness probe beside it (spec driver §10). */
export function driverDaemonSet(values: DriverValues = {}, release = "csi-secrets-store"): KubeObject {
  const labels = { app: "secrets-store-csi-driver" };
  const mount = (name: string, mountPath: string, more: object = {}): object => ({ name, mountPath, ...more });
  const resources = (requests: readonly [string, string], limits: readonly [string, string]): object => ({
    limits: { cpu: limits[0], memory: limits[1] },
    requests: { cpu: requests[0], memory: requests[1] },
  });
  const small = resources(["10m", "20Mi"], ["100m", "100Mi"]);
  const hostPath = (name: string, path: string, type = "DirectoryOrCreate"): object => ({
    name,
    hostPath: { path, type },
  });
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: daemonSetName(release), namespace: values.namespace ?? "kube-system", labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels, annotations: { "kubectl.kubernetes.io/default-container": "secrets-store" } },
        spec: {
          serviceAccountName: DRIVER_SERVICE_ACCOUNT,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: "type", operator: "NotIn", values: ["virtual-kubelet"] }] },
                ],
              },
            },
          },
          containers: [
            {
              name: "node-driver-registrar",
              image: DRIVER_IMAGES.registrar,
              args: ["--v=5", "--csi-address=/csi/csi.sock", `--kubelet-registration-path=${PLUGIN_FOLDER}/csi.sock`],
              imagePullPolicy: "IfNotPresent",
              volumeMounts: [mount("plugin-dir", "/csi"), mount("registration-dir", "/registration")],
              resources: small,
            },
            {
              name: "secrets-store",
              image: DRIVER_IMAGES.driver,
              args: driverArguments(values),
              env: [
                { name: "CSI_ENDPOINT", value: "unix:///csi/csi.sock" },
                { name: "KUBE_NODE_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } } },
              ],
              imagePullPolicy: "IfNotPresent",
              securityContext: { privileged: true },
              ports: [
                { containerPort: HEALTH_PORT, name: "healthz", protocol: "TCP" },
                { containerPort: METRICS_PORT, name: "metrics", protocol: "TCP" },
              ],
              livenessProbe: {
                failureThreshold: 5,
                httpGet: { path: "/healthz", port: "healthz" },
                initialDelaySeconds: 30,
                timeoutSeconds: 10,
                periodSeconds: 15,
              },
              volumeMounts: [
                mount("plugin-dir", "/csi"),
                mount("mountpoint-dir", PODS, { mountPropagation: "Bidirectional" }),
                mount("providers-dir", PROVIDERS),
                mount("providers-dir-0", MORE_PROVIDERS),
              ],
              resources: resources(["50m", "100Mi"], ["200m", "200Mi"]),
            },
            {
              name: "liveness-probe",
              image: DRIVER_IMAGES.livenessProbe,
              imagePullPolicy: "IfNotPresent",
              args: [
                "--csi-address=/csi/csi.sock",
                "--probe-timeout=3s",
                `--http-endpoint=0.0.0.0:${HEALTH_PORT}`,
                "-v=2",
              ],
              volumeMounts: [mount("plugin-dir", "/csi")],
              resources: small,
            },
          ],
          volumes: [
            hostPath("mountpoint-dir", PODS),
            hostPath("registration-dir", "/var/lib/kubelet/plugins_registry/", "Directory"),
            hostPath("plugin-dir", `${PLUGIN_FOLDER}/`),
            hostPath("providers-dir", PROVIDERS),
            hostPath("providers-dir-0", MORE_PROVIDERS),
          ],
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [{ operator: "Exists" }],
        },
      },
    },
  };
}

function driverArguments(values: DriverValues): string[] {
  const { enableSecretRotation = false, rotationPollInterval, providerHealthCheck = false } = values;
  return [
    `--endpoint=$(CSI_ENDPOINT)`,
    `--nodeid=$(KUBE_NODE_NAME)`,
    `--provider-volume=${PROVIDERS}`,
    `--additional-provider-volume-paths=${MORE_PROVIDERS}`,
    ...(values.logFormatJSON === true ? ["--log-format-json=true"] : []),
    ...(enableSecretRotation ? ["--enable-secret-rotation=true"] : []),
    ...(rotationPollInterval !== undefined ? [`--rotation-poll-interval=${rotationPollInterval}`] : []),
    `--metrics-addr=:${METRICS_PORT}`,
    ...(providerHealthCheck ? ["--provider-health-check=true"] : []),
    `--provider-health-check-interval=${values.providerHealthCheckInterval ?? "2m"}`,
    `--max-call-recv-msg-size=${values.maxCallRecvMsgSize ?? 4_194_304}`,
    `-v=${values.logVerbosity ?? 0}`,
  ];
}

/** A release of the chart: its objects with the marks that Helm gives its own, so that Helm can take it over. */
export function driverRelease(
  objects: readonly KubeObject[],
  of: { readonly release: string; readonly namespace: string },
): KubeObject[] {
  return objects.map((object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: {
        ...object.metadata.labels,
        app: "secrets-store-csi-driver",
        "app.kubernetes.io/instance": of.release,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/name": "secrets-store-csi-driver",
      },
      annotations: {
        ...object.metadata.annotations,
        "meta.helm.sh/release-name": of.release,
        "meta.helm.sh/release-namespace": of.namespace,
      },
    },
  }));
}

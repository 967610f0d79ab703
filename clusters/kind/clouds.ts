import type { KubeObject } from "../../kube/types.ts";

/** A fake cloud that runs in the cluster. */
export type Cloud = {
  readonly name: "aws" | "azure" | "gcp";
  readonly image: string;
  /** The cloud's own names, as CoreDNS matches them: a regular expression without anchors each. */
  readonly hosts: readonly string[];
  /** Of every node: by it this machine reaches the control API. */
  readonly nodePort: number;
  readonly tls: { readonly certPem: string; readonly keyPem: string };
};

/** Where a fake serves, in its container. */
export type CloudPorts = { readonly tls: number; readonly plain: number; readonly control: number };

export const CLOUDS_NAMESPACE = "mountproof-clouds";
const TLS_FOLDER = "/tls";

/** What every cloud needs in the cluster: their namespace, and that anybody may read whose tokens the cluster makes. */
export function cloudsNamespace(): KubeObject[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: CLOUDS_NAMESPACE } },
    {
      // A cloud knows a cluster by its issuer alone, and asks it without an account.
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "mountproof-issuer-discovery" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "system:service-account-issuer-discovery",
      },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:unauthenticated" }],
    },
  ];
}

/** One cloud: its certificate, its pod, the Service that its names lead to, and the one for its control API. */
export function cloudManifests(cloud: Cloud, caPem: string, ports: CloudPorts): KubeObject[] {
  const { name, image, nodePort, tls } = cloud;
  const metadata = { name, namespace: CLOUDS_NAMESPACE };
  const labels = { app: name };
  const data = { "tls.crt": tls.certPem, "tls.key": tls.keyPem, "ca.crt": caPem };
  const container = {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    env: [{ name: "MOUNTPROOF_TLS", value: TLS_FOLDER }],
    readinessProbe: { httpGet: { path: "/healthz", port: ports.control }, periodSeconds: 1 },
    volumeMounts: [{ name: "tls", mountPath: TLS_FOLDER, readOnly: true }],
  };
  const service = (called: string, spec: object): KubeObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, name: called },
    spec: { selector: labels, ...spec },
  });
  return [
    { apiVersion: "v1", kind: "Secret", metadata, stringData: data },
    service(name, {
      ports: [
        { name: "https", port: 443, targetPort: ports.tls },
        { name: "http", port: 80, targetPort: ports.plain },
      ],
    }),
    service(`${name}-control`, {
      type: "NodePort",
      ports: [{ name: "control", port: ports.control, targetPort: ports.control, nodePort }],
    }),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [container],
            volumes: [{ name: "tls", secret: { secretName: name } }],
          },
        },
      },
    },
  ];
}

const BEGIN = "    # mountproof: the clouds' names lead to fakes";
const END = "    # mountproof: end";
const BLOCK = new RegExp(`${BEGIN}[\\s\\S]*?${END}\\n`, "g");

/**
 * CoreDNS's configuration in which the clouds' names lead to their fakes; without any it is as it was before. Pure.
 * @throws Error for one that has no server for the root at port 53
 */
export function withCloudNames(corefile: string, clouds: readonly Pick<Cloud, "name" | "hosts">[]): string {
  const plain = corefile.replace(BLOCK, "");
  if (clouds.length === 0) return plain;
  const rules = clouds.flatMap(({ name, hosts }) =>
    hosts.map((host) =>
      [
        "    rewrite stop {",
        `        name regex ^${host}\\.?$ ${name}.${CLOUDS_NAMESPACE}.svc.cluster.local`,
        "        answer auto",
        "    }",
      ].join("\n"),
    ),
  );
  const head = /^\.:53 \{\n/m;
  if (!head.test(plain)) throw new Error("CoreDNS's Corefile has no server block .:53");
  return plain.replace(head, (line) => `${line}${[BEGIN, ...rules, END].join("\n")}\n`);
}

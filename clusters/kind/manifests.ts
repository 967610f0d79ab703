import { parse, stringify } from "yaml";
import { tokenReviewer } from "../../kube/token-reviewer.ts";
import type { KubeObject } from "../../kube/types.ts";

/** Ports of every node by which this machine reaches the stores. */
export const NODE_PORTS = { vault: 30_820, aws: 30_821, azure: 30_822, gcp: 30_823 } as const;
const VAULT_PORT = 8200;

/** One node, with the stores' ports led to free ones of this machine, and nobody else's. */
export function kindConfig(): string {
  const mappings = Object.values(NODE_PORTS).map((containerPort) => ({
    containerPort,
    hostPort: 0,
    listenAddress: "127.0.0.1",
    protocol: "TCP",
  }));
  return stringify({
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    nodes: [{ role: "control-plane", extraPortMappings: mappings }],
  });
}

/** Vault in its namespace, as its chart would bring it: an account that may review tokens, a Service, one pod. */
export function vaultManifests(image: string, rootToken: string): KubeObject[] {
  const metadata = { name: "vault", namespace: "vault" };
  const labels = { app: "vault" };
  const container = {
    name: "vault",
    image,
    imagePullPolicy: "IfNotPresent",
    env: [
      { name: "VAULT_DEV_ROOT_TOKEN_ID", value: rootToken },
      { name: "VAULT_DEV_LISTEN_ADDRESS", value: `0.0.0.0:${VAULT_PORT}` },
    ],
    ports: [{ name: "http", containerPort: VAULT_PORT }],
    readinessProbe: { httpGet: { path: "/v1/sys/health", port: "http" }, periodSeconds: 1 },
  };
  return [
    ...tokenReviewer("vault", "vault"),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        type: "NodePort",
        selector: labels,
        ports: [{ name: "http", port: VAULT_PORT, targetPort: "http", nodePort: NODE_PORTS.vault }],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { serviceAccountName: "vault", containers: [container] } },
      },
    },
  ];
}

/** Names of the nodes in `kind get nodes`, or of a kubeconfig's clusters, a line each. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The current context of a kubeconfig. */
export function contextOf(kubeconfig: string): string {
  return (parse(kubeconfig) as { "current-context"?: string })["current-context"] ?? "";
}

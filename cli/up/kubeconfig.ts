import type { KubeConfig } from "../../kube/index.ts";

/** YAML is JSON, too: kubectl reads both. */
export function kubeconfigText({ server, caPem, credentials }: KubeConfig): string {
  const encoded = (pem: string): string => Buffer.from(pem).toString("base64");
  const user =
    credentials.kind === "certificate"
      ? { "client-certificate-data": encoded(credentials.certPem), "client-key-data": encoded(credentials.keyPem) }
      : credentials.kind === "token"
        ? { token: credentials.token }
        : {};
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "mountproof",
    clusters: [{ name: "mountproof", cluster: { server, "certificate-authority-data": encoded(caPem) } }],
    users: [{ name: "admin", user }],
    contexts: [{ name: "mountproof", context: { cluster: "mountproof", user: "admin" } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

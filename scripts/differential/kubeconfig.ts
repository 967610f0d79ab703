import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MountproofError } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/client.ts";

/** A kubeconfig of a client certificate, and the same for curl in `.curlrc` beside it. */
export async function writeKubeConfig(path: string, { caPem, credentials, server }: KubeConfig): Promise<void> {
  if (credentials?.kind !== "certificate" || caPem === undefined)
    throw new MountproofError("internal", { message: "the administrator has no certificate" });
  const encoded = (text: string): string => Buffer.from(text).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "it",
    clusters: [{ name: "it", cluster: { server, "certificate-authority-data": encoded(caPem) } }],
    users: [
      {
        name: "it",
        user: {
          "client-certificate-data": encoded(credentials.certPem),
          "client-key-data": encoded(credentials.keyPem),
        },
      },
    ],
    contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  const home = dirname(path);
  for (const [name, text] of [
    ["ca.pem", caPem],
    ["cert.pem", credentials.certPem],
    ["key.pem", credentials.keyPem],
  ] as const)
    await writeFile(join(home, name), text, { mode: 0o600 });
  const lines = [
    `cacert = "${join(home, "ca.pem")}"`,
    `cert = "${join(home, "cert.pem")}"`,
    `key = "${join(home, "key.pem")}"`,
    "silent",
  ];
  await writeFile(join(home, ".curlrc"), `${lines.join("\n")}\n`);
}

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MountproofError, RealClock } from "../core/index.ts";
import type { KubeConfig } from "../kube/client.ts";
import type { DefineCommand } from "./define-command.ts";
import { untilStopped } from "./signals.ts";

type UpFlags = {
  readonly port: string;
  readonly kubeconfig: string;
  readonly nodes: string;
  readonly kubeVersion: string;
};

/** `mountproof up`: the embedded cluster by itself, for kubectl and programs of your own. */
export const defineUp: DefineCommand = (program, finish) => {
  program
    .command("up")
    .description("run an embedded cluster until Ctrl-C, and write a kubeconfig for it")
    .option("--port <number>", "port of the API server; 0 for any free one", "0")
    .option("--kubeconfig <file>", "where the kubeconfig goes", "mountproof.kubeconfig")
    .option("--nodes <number>", "how many nodes", "1")
    .option("--kube-version <version>", "1.34, 1.35 or 1.36", "1.34")
    .action(async (flags: UpFlags) => finish(await runUp(flags)));
};

async function runUp(flags: UpFlags): Promise<number> {
  const port = whole("--port", flags.port, 65_535);
  const nodes = whole("--nodes", flags.nodes, 50);
  const { kubeVersion } = flags;
  if (kubeVersion !== "1.34" && kubeVersion !== "1.35" && kubeVersion !== "1.36")
    throw new MountproofError("invalid_argument", {
      message: `--kube-version "${kubeVersion}" is not one of: 1.34, 1.35, 1.36`,
    });
  const { EmbeddedCluster } = await import("../clusters/embedded/index.ts");
  await using cluster = await new EmbeddedCluster({
    clock: new RealClock(),
    nodes,
    kubeVersion,
    listen: { port },
  }).start();
  const path = resolve(flags.kubeconfig);
  await writeFile(path, kubeconfigOf(cluster.adminConfig), { mode: 0o600 }).catch((cause: unknown) => {
    throw new MountproofError("environment", {
      message: `the kubeconfig cannot be written to "${path}"`,
      hint: "name another file by --kubeconfig",
      cause,
    });
  });
  process.stdout.write(`cluster is up at ${cluster.adminConfig.server}; Kubernetes ${kubeVersion}, ${nodes} node(s)\n`);
  process.stdout.write(`  kubectl --kubeconfig ${path} get pods -A\n`);
  process.stdout.write("Ctrl-C ends it\n");
  await untilStopped();
  return 0;
}

function whole(flag: string, text: string, highest: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > highest)
    throw new MountproofError("invalid_argument", {
      message: `${flag} "${text}" is not one of: a number from 0 to ${highest}`,
    });
  return value;
}

/** YAML is JSON, too: kubectl reads both. */
function kubeconfigOf({ server, caPem, credentials }: KubeConfig): string {
  const encoded = (pem: string): string => Buffer.from(pem).toString("base64");
  const user =
    credentials.kind === "certificate"
      ? { "client-certificate-data": encoded(credentials.certPem), "client-key-data": encoded(credentials.keyPem) }
      : {};
  const named = { cluster: "mountproof", user: "admin" };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "mountproof",
    clusters: [{ name: "mountproof", cluster: { server, "certificate-authority-data": encoded(caPem) } }],
    users: [{ name: "admin", user }],
    contexts: [{ name: "mountproof", context: named }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

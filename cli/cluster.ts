import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MountproofError, RealClock, Scope } from "../core/index.ts";
import { kubeconfigText } from "../kube/kube-config.ts";
import { Journal } from "../net/journal.ts";
import { journalInto } from "../net/journal-file.ts";
import { auditLog } from "./audit-log.ts";
import type { DefineCommand } from "./define-command.ts";
import { whole } from "./flag-values.ts";
import { untilStopped } from "./signals.ts";

type ClusterFlags = {
  readonly port: string;
  readonly nodes: string;
  readonly kubeconfig: string;
  readonly folder?: string;
  readonly control?: string;
  readonly auditLog?: string;
  readonly journalFile: string;
};

/** `mountproof cluster`: the embedded cluster alone as a process, for programs; `up` is the one for people. */
export const defineCluster: DefineCommand = (program, finish) => {
  program
    .command("cluster")
    .description("run the embedded cluster alone, for programs: no driver, no providers, no stores")
    .option("--port <number>", "port of the API server; 0 for any free one", "0")
    .option("--nodes <number>", "how many nodes", "1")
    .option("--kubeconfig <file>", "where the admin's kubeconfig goes", "mountproof.kubeconfig")
    .option("--folder <path>", "where the nodes' files live; a new folder when left out, removed at the end")
    .option("--control <socket>", "a socket for what only a simulated cluster can do: read a pod's files, stop kubelet")
    .option("--journal-file <file>", "write each exchange there, as a line of JSON", "")
    .option("--audit-log <file>", "write what is asked of the API server there (audit.k8s.io/v1); - for the output")
    .addHelpText("after", "\nPrints one line of JSON when it serves: adminConfig, issuer, nodes and control.")
    .action(async (flags: ClusterFlags) => finish(await runCluster(flags)));
};

async function runCluster(flags: ClusterFlags): Promise<number> {
  const { EmbeddedCluster, serveClusterControl } = await import("../clusters/embedded/index.ts");
  const clock = new RealClock();
  await using scope = new Scope("cluster process");
  const audit = await auditLog(flags.auditLog, scope);
  const cluster = scope.use(
    await new EmbeddedCluster({
      clock,
      nodes: whole("--nodes", flags.nodes, 0, 50),
      listen: { port: whole("--port", flags.port, 0, 65_535) },
      journal: flags.journalFile === "" ? new Journal(clock, { keep: 1 }) : journalInto(flags.journalFile, clock),
      ...(audit !== undefined && { audit }),
      ...(flags.folder !== undefined && { folder: resolve(flags.folder) }),
    }).start(),
  );
  if (flags.control !== undefined) scope.use(await serveClusterControl(cluster, resolve(flags.control), clock));
  const path = resolve(flags.kubeconfig);
  await writeFile(path, kubeconfigText(cluster.adminConfig, "admin"), { mode: 0o600 }).catch((cause: unknown) => {
    throw new MountproofError("environment", {
      message: `the kubeconfig cannot be written to "${path}"`,
      hint: "name another file by --kubeconfig",
      cause,
    });
  });
  const { adminConfig, issuer, nodes } = cluster;
  process.stdout.write(`${JSON.stringify({ adminConfig, issuer, nodes, control: flags.control ?? "" })}\n`);
  await untilStopped();
  return 0;
}

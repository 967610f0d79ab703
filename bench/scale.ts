import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { bound } from "./lifetime.ts";
import { type Figure, figure } from "./measure.ts";
import type { ScaleReport } from "./scale-run.ts";

const NODES = 1000;
const PODS = 10_000;
const SECRETS = 5000;

/**
 * A large cluster in a process of its own: nodes with leases, pods created by Deployments and Running, Secrets. Only
 * with `--only scale`: it takes minutes. MOUNTPROOF_SCALE=100,1000,500 makes it smaller.
 */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  const [nodes = NODES, pods = PODS, secrets = SECRETS] = (process.env["MOUNTPROOF_SCALE"] ?? "")
    .split(",")
    .filter((part) => part !== "")
    .map(Number);
  const program = fileURLToPath(new URL("./scale-run.ts", import.meta.url));
  const child = bound(
    spawn(process.execPath, [program, String(nodes), String(pods), String(secrets)], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    }),
  );
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the large cluster ended with ${code}`);
  const report = JSON.parse(Buffer.concat(said).toString("utf8")) as ScaleReport;
  const count = (value: number): string => value.toLocaleString("en");
  const timed = (what: string, seconds: number, cpu: number): void =>
    emit(figure(what, seconds, "s", { name: "of it on the CPU", value: cpu }));
  timed(
    `scale, ${count(nodes)} nodes Ready, ${count(report.leases)} leases`,
    report.nodesSeconds,
    report.nodesCpuSeconds,
  );
  timed(`scale, ${count(pods)} pods created and Running`, report.podsSeconds, report.podsCpuSeconds);
  emit(figure(`scale, ${count(secrets)} Secrets created`, report.secretsSeconds, "s"));
  emit(figure("scale, list of all pods", report.listMs, "ms"));
  emit(figure("scale, RSS with all of it", report.restMiB, "MiB"));
  emit(figure("scale, RSS at most", report.peakMiB, "MiB"));
  emit(figure("scale, CPU at rest", report.idleCpu, "cores"));
}

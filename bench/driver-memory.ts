import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RealClock, Scope } from "../core/index.ts";
import { Node } from "../wire/gen/csi_pb.ts";
import { grpcClient } from "../wire/grpc/index.ts";
import { type Figure, figure } from "./measure.ts";
import { startRig } from "./rig.ts";

const VOLUMES = 1000;
const IN_FLIGHT = 10;

/** What the driver's own process takes: it alone, as `mountproof driver`, with so many volumes mounted. */
export async function run(emit: (figure: Figure) => void): Promise<void> {
  await using scope = new Scope("bench driver memory");
  const rig = await startRig(scope);
  const socket = join(rig.folder, "own.sock");
  const kubeconfig = join(rig.folder, "kubeconfig");
  writeFileSync(kubeconfig, rig.kubeconfig, { mode: 0o600 });
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, "..", "bin", "mountproof.js"),
      "driver",
      `--endpoint=unix://${socket}`,
      "--nodeid=node-0",
      `--kubeconfig=${kubeconfig}`,
      `--provider-volume=${join(rig.folder, "prov")}`,
      "--metrics-addr=0",
    ],
    { stdio: "ignore" },
  );
  scope.defer("driver", () => endOf(child));
  const clock = new RealClock();
  const client = grpcClient(Node, { clock, target: { path: socket } });
  scope.defer("client", () => client.close());
  while (!(await answers(client))) await clock.sleep(50);

  const publish = async (index: number): Promise<void> => {
    mkdirSync(join(rig.folder, "pods", `p${index}`), { recursive: true });
    await client.nodePublishVolume(volumeOf(rig.folder, index), { deadlineMs: 60_000 });
  };
  const megabytes = (): number => rssOf(child) / 1024;
  await publish(0);
  const before = megabytes();
  for (let index = 1; index < VOLUMES; index += IN_FLIGHT)
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, lane) => publish(index + lane)));
  emit(
    figure(`RSS of the driver alone at ${VOLUMES} mounted volumes`, megabytes(), "MB", {
      name: "at one",
      value: before,
    }),
  );
}

async function answers(client: ReturnType<typeof grpcClient<typeof Node>>): Promise<boolean> {
  try {
    await client.nodeGetInfo({}, { deadlineMs: 1_000 });
    return true;
  } catch {
    return false;
  }
}

/** Kilobytes; the kernel's own word. */
function rssOf({ pid }: ChildProcess): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** The volume of one pod, as kubelet describes it. */
function volumeOf(folder: string, index: number) {
  return {
    volumeId: `v${index}`,
    targetPath: join(folder, "pods", `p${index}`, "mount"),
    readonly: true,
    volumeCapability: { accessType: { case: "mount" as const, value: {} } },
    volumeContext: {
      secretProviderClass: "app",
      "csi.storage.k8s.io/pod.name": `p${index}`,
      "csi.storage.k8s.io/pod.namespace": "default",
      "csi.storage.k8s.io/pod.uid": `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    },
  };
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { firstStop } from "../cli/signals.ts";
import { impossibleStep, recorderManifests, recordLive } from "../clusters/embedded/kubelet/testing/live.ts";
import type { RecorderAnswer, RecorderOrder } from "../clusters/embedded/kubelet/testing/recorder.ts";
import { type Recording, readRecording } from "../clusters/embedded/kubelet/testing/recording.ts";
import { Owned, openContext, openRemoteCluster } from "../clusters/kubeconfig/index.ts";
import { MountproofError, makeFolders, minutes, RealClock, Scope, silentLog } from "../core/index.ts";
import { Pods } from "../kube/index.ts";
import { Journal } from "../net/index.ts";

export type LiveOptions = {
  readonly kubeconfig: string;
  readonly context?: string;
  /** A context that is neither kind's nor `mountproof up`'s may be used. */
  readonly yes: boolean;
  readonly image: string;
  /** Experiments; the short ones by default. */
  readonly names: readonly string[];
  /** Keeps the recordings there. */
  readonly out?: string;
  /** Hears what is played, as it begins. */
  readonly tell: (line: string) => void;
};

/** Under two minutes each, and nothing that stops a kubelet. */
export const SHORT = [
  "02-simple-pod",
  "03-token-requests",
  "05a-publish-fails-codes",
  "10-parallel-and-names",
  "13-driver-missing",
  "16-subpath-and-containers",
  "22-event-aggregation",
] as const;

const NAMESPACE = "mountproof-recorder";
const READY_MS = minutes(2);
const RUN_ID = "mountproof-recorder";

/**
 * Plays experiments on the kubelet of a real node, one after another, with a recording driver in a pod there.
 * @returns the recordings by name
 * @throws MountproofError `permission_denied` for a context that is somebody's, `unsupported` for an experiment that
 * cannot be played on a real node
 */
export async function recordOnCluster(options: LiveOptions): Promise<Map<string, Recording>> {
  const experiments = options.names.map((name) => [name, readRecording(name)] as const);
  for (const [name, experiment] of experiments) {
    const step = impossibleStep(experiment);
    if (step !== undefined)
      throw new MountproofError("unsupported", {
        message: `the experiment "${name}" takes the step "${step}", which is not done to a real node`,
        hint: `these can be played: ${SHORT.join(", ")}`,
      });
  }
  const stopped = firstStop().then((): never => {
    throw new MountproofError("cancelled", { message: "interrupted: what was put into the cluster is taken away" });
  });
  stopped.catch(() => {});
  await using scope = new Scope("recorder");
  const clock = new RealClock();
  const context = await openContext(options.kubeconfig, options.context, async ({ name, owner }) => {
    if (owner !== "somebody" || options.yes) return;
    throw new MountproofError("permission_denied", {
      message: `the context "${name}" is neither kind's nor mountproof's: a privileged pod is not put there unasked`,
      hint: "say --yes",
    });
  });
  const cluster = scope.use(
    await openRemoteCluster(context, { clock, log: silentLog, journal: new Journal(clock), run: RUN_ID }),
  );
  await cluster.owned.sweep();
  await cluster.apply(recorderManifests(NAMESPACE, options.image));
  const pod = { namespace: NAMESPACE, name: "recorder", container: "recorder" };
  const found = async () => await cluster.admin.get(Pods, pod.name, pod.namespace);
  const isReady = async (): Promise<boolean> =>
    ((await found()).status as { readonly phase?: string } | undefined)?.phase === "Running";
  if (!(await cluster.until(isReady, READY_MS)))
    throw new MountproofError("subject_failed", {
      message: `the recorder's pod does not run: ${JSON.stringify((await found()).status)}`,
      hint: `is the image "${options.image}" there for the node? deploy/images/Dockerfile.recorder says how to make it`,
    });
  const nodeName = String(((await found())["spec"] as { readonly nodeName?: string }).nodeName);
  const tell = async (order: RecorderOrder): Promise<RecorderAnswer> => {
    const command = ["node", "/mountproof/main.mjs", "tell", JSON.stringify(order)];
    const { exitCode, stdout, stderr } = await cluster.exec(pod, command);
    if (exitCode === 0) return JSON.parse(stdout) as RecorderAnswer;
    throw new MountproofError("subject_failed", { message: `the recorder refused "${order.do}": ${stderr.trim()}` });
  };
  // Pods of an experiment need its drivers to go, so that the recorder stays until their namespaces are gone.
  const played = new Owned(cluster.admin, clock, RUN_ID);
  scope.defer("experiments", async () => cluster.owned.expectGone(await played.letGo()));
  const apply = (objects: Parameters<Owned["apply"]>[0]): Promise<void> => played.apply(objects);
  const node = { client: cluster.admin, clock, apply, tell, image: options.image, nodeName };
  const recordings = new Map<string, Recording>();
  // One after another: side by side they slow the node down, and its back-off would show that and not kubelet's own.
  const play = async (): Promise<void> => {
    for (const [name, experiment] of experiments) {
      options.tell(`plays ${name}, ${lengthOf(experiment)} s`);
      const recording = await recordLive(experiment, node);
      recordings.set(name, recording);
      // At once: an interrupt later on takes nothing from what was played to its end.
      if (options.out !== undefined) await keep(options.out, name, recording);
    }
  };
  // What is under way then fails as its pods and drivers go, and is of no use to anybody.
  const playing = play();
  playing.catch(() => {});
  await Promise.race([playing, stopped]);
  return recordings;
}

function lengthOf(experiment: Recording): number {
  const lines: readonly { readonly t: number }[] = Object.values(experiment).flat();
  return Math.round(Math.max(...lines.map(({ t }) => t)));
}

async function keep(folder: string, name: string, recording: Recording): Promise<void> {
  await makeFolders(folder);
  const lines = Object.values(recording).flatMap((kind: readonly { t: number }[]) => kind);
  const text = lines.toSorted((a, b) => a.t - b.t).map((line) => `${JSON.stringify(line)}\n`);
  await writeFile(join(folder, `${name}.ndjson`), text.join(""));
}

import type { Clock } from "../../../../core/index.ts";
import { expand } from "./env.ts";
import type { Execution } from "./execution.ts";
import type { LogFile } from "./log-file.ts";
import type { ContainerProcess, Processes } from "./processes.ts";
import type { HostCommand } from "./program.ts";
import type { Running } from "./records.ts";
import { type ImageUser, rightsOf } from "./rights.ts";
import { ContainerStartError, type ContainerToStart, type SandboxPlace } from "./runtime.ts";
import type { ViewCommand } from "./views.ts";

export type Room = {
  readonly clock: Clock;
  readonly processes?: Processes;
  readonly place?: SandboxPlace;
  readonly imageUser?: (image: string) => ImageUser | undefined;
};

/** Starts what is to be a real process, in the view that its container has. */
export async function startProcess(
  room: Room,
  start: ContainerToStart,
  { command, expose, files }: HostCommand,
  log: LogFile | undefined,
): Promise<ContainerProcess> {
  const { processes, clock } = room;
  if (processes === undefined || log === undefined) throw new ContainerStartError("no process can be run here");
  const { container } = start;
  const words = command ?? [...(container.command ?? []), ...(container.args ?? [])];
  const wanted = words.map((part) => expand(part, start.env));
  return await clock.activity.track("container starts", () =>
    processes.start({ ...viewOf(start, room), ...ofImage({ expose, files }), command: wanted, log }),
  );
}

/** Executes a command in a running container. */
export async function executeIn(
  room: Room,
  running: Running,
  command: readonly string[],
  tty = false,
): Promise<Execution> {
  const { processes } = room;
  if (processes === undefined)
    throw new ContainerStartError("the containers of this cluster are simulated: nothing can be executed in them");
  const view = { ...viewOf(running, room), ...ofImage(running.program.run ?? {}) };
  return await processes.execute(running.task?.pid, { ...view, command, tty });
}

/** The preStop hook, which uses up of the grace period what it takes. */
export async function beforeStop(room: Room, running: Running, graceMs: number): Promise<void> {
  const hook = running.container.lifecycle?.preStop;
  const { clock } = room;
  if (hook?.sleep !== undefined) await clock.sleep(Math.min(graceMs, hook.sleep.seconds * 1000));
  const command = hook?.exec?.command;
  if (command === undefined) return;
  const execution = await executeIn(room, running, command);
  using deadline = clock.deadline(graceMs);
  deadline.signal.addEventListener("abort", () => execution.kill(), { once: true });
  execution.stdout.resume();
  execution.stderr.resume();
  await execution.exited;
}

function ofImage({
  expose,
  files,
}: { [K in "expose" | "files"]?: HostCommand[K] | undefined }): Pick<ViewCommand, "expose" | "files"> {
  return { ...(expose !== undefined && { expose }), ...(files !== undefined && { files }) };
}

/** What a container's processes see, and who they are. */
export function viewOf(start: ContainerToStart, { place, imageUser }: Room): Omit<ViewCommand, "command"> {
  const { container, pod, env, mounts } = start;
  const { workingDir, securityContext } = container;
  return {
    env: new Map([["HOSTNAME", pod.metadata.name], ...env]),
    // A volume at the same path is meant to hide the pod's own file.
    mounts: [...(place?.files ?? []), ...mounts],
    ...(place !== undefined && { within: (act) => place.within(act) }),
    ...(workingDir !== undefined && { workingDir }),
    ...(container.tty === true && { tty: true }),
    rights: rightsOf(pod, container, imageUser?.(container.image ?? "")),
    ...(securityContext?.readOnlyRootFilesystem === true && { readOnlyRoot: true }),
  };
}

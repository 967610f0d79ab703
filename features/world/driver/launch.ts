import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, isMountproofError, MountproofError } from "../../../core/index.ts";
import { DRIVER_NAME, Driver, type DriverSpec, type Mounter, type PointObserver } from "../../../driver/index.ts";
import { type KubeConfig, kubeconfigText } from "../../../kube/index.ts";
import { answers, type DriverInProcess, endText, Program, type RunningProgram } from "../../../suite/index.ts";
import { startSpoilt } from "../../../suite/spoilt-drivers/spoil.ts";
import type { MountproofWorld } from "../../world.ts";
import { processes } from "../processes.ts";
import { freeAddress, scrape } from "./metrics-of-program.ts";

const START_WITHIN_MS = 60_000;
/** A program of one's own answers within this, in real time. */
const READY_WITHIN_MS = 20_000;

/** What a driver is started with, besides what every driver needs. */
export type DriverOptions = {
  driverName?: string;
  nodeId?: string;
  rotationIntervalMs?: number;
  healthCheckIntervalMs?: number;
  maxAnswerBytes?: number;
  /** Failures of a republish are kubelet's to know. */
  returnsRepublishErrors?: boolean;
  /** Told of every point of a publish; the reference driver's alone. */
  onPoint?: PointObserver;
};

/** Where a driver finds its neighbours. */
export type Neighbours = {
  readonly folder: string;
  readonly socket: string;
  readonly providersDir: string;
  readonly additionalProvidersDir: string;
  readonly kubeConfig: KubeConfig;
  readonly mounter: Mounter;
};

/** A driver that answers on its socket; disposing of it ends it. */
export type LaunchedDriver = AsyncDisposable & {
  /** What it shows a scraper. */
  metrics(): Promise<string>;
  /** Ends it without a goodbye. */
  kill(): Promise<void>;
  /** Tells it to stop, as SIGTERM does; calls under way may finish. */
  drain?(): Promise<void>;
};

/** Starts the driver under test: the reference driver on the scenario's clock, or what the run was given instead. */
export async function launchDriver(
  world: MountproofWorld,
  options: DriverOptions,
  neighbours: Neighbours,
): Promise<LaunchedDriver> {
  const { subject } = world.pass;
  if (subject.kind !== "driver") {
    if (!world.use(processes).isOn) return await startReference(world, options, neighbours);
    return await startReferenceProgram(world, options, neighbours);
  }
  if (subject.start !== undefined) return await startInProcess(world, subject, neighbours);
  return await startProgram(world, [subject.path], options, neighbours);
}

async function startReference(
  world: MountproofWorld,
  options: DriverOptions,
  neighbours: Neighbours,
): Promise<LaunchedDriver> {
  const { clock, logger, journal, pass } = world;
  const spec: DriverSpec = {
    clock,
    log: logger,
    journal,
    random: pass.random,
    behaviour: pass.behaviour,
    ...(pass.subject.kind === "reference" && pass.subject.defects && { defects: pass.subject.defects }),
    endpoint: `unix://${neighbours.socket}`,
    nodeId: options.nodeId ?? "node-0",
    driverName: options.driverName ?? DRIVER_NAME,
    kubeConfig: neighbours.kubeConfig,
    providersDir: neighbours.providersDir,
    additionalProvidersDirs: neighbours.additionalProvidersDir,
    mounter: neighbours.mounter,
    kubeletRootDir: neighbours.folder,
    ...(options.returnsRepublishErrors === true && { republishErrors: "return" }),
    ...(options.onPoint !== undefined && { onPoint: options.onPoint }),
    ...(options.rotationIntervalMs !== undefined && {
      enableSecretRotation: true,
      rotationPollIntervalMs: options.rotationIntervalMs,
    }),
    ...(options.maxAnswerBytes !== undefined && { maxCallRecvMsgSize: options.maxAnswerBytes }),
    ...(options.healthCheckIntervalMs !== undefined && {
      providerHealthCheck: true,
      providerHealthCheckIntervalMs: options.healthCheckIntervalMs,
    }),
  };
  const spoiler = pass.subject.kind === "reference" ? pass.subject.spoiler : undefined;
  const starting = spoiler === undefined ? new Driver(spec).start() : startSpoilt(spec, spoiler);
  const driver = await world.settle(starting, START_WITHIN_MS);
  const end = async (): Promise<void> => await driver[Symbol.asyncDispose]();
  world.scope.defer("driver", end);
  await world.settle(driver.synced, START_WITHIN_MS);
  return {
    metrics: async () => driver.metrics.text(),
    kill: () => driver.kill(),
    drain: () => driver.drain(),
    [Symbol.asyncDispose]: end,
  };
}

async function startInProcess(
  world: MountproofWorld,
  subject: DriverInProcess,
  { socket }: Neighbours,
): Promise<LaunchedDriver> {
  const starting = subject.start({ clock: world.clock, socketPath: socket });
  const driver = world.scope.use(await world.settle(starting, START_WITHIN_MS));
  const end = async (): Promise<void> => driver[Symbol.asyncDispose]();
  return { metrics: async () => "", kill: end, [Symbol.asyncDispose]: end };
}

function flagsOf({ maxAnswerBytes, rotationIntervalMs, healthCheckIntervalMs }: DriverOptions): string[] {
  return [
    ...(maxAnswerBytes === undefined ? [] : [`--max-call-recv-msg-size=${maxAnswerBytes}`]),
    ...(rotationIntervalMs === undefined
      ? []
      : ["--enable-secret-rotation=true", `--rotation-poll-interval=${rotationIntervalMs}ms`]),
    ...(healthCheckIntervalMs === undefined
      ? []
      : ["--provider-health-check=true", `--provider-health-check-interval=${healthCheckIntervalMs}ms`]),
  ];
}

/** `mountproof driver`, with the flags of its own that the case asks for. */
async function startReferenceProgram(
  world: MountproofWorld,
  options: DriverOptions,
  neighbours: Neighbours,
): Promise<LaunchedDriver> {
  const parts = world.use(processes);
  const [program, ...rest] = parts.command({ args: ["driver"] }, await parts.journalFile());
  const words = [...rest, `--behaviour=${world.pass.behaviour}`] as const;
  return await startProgram(world, [program, ...words], options, neighbours);
}

/** A driver under the upstream driver's flags, as a process of its own. */
async function startProgram(
  world: MountproofWorld,
  command: readonly [string, ...string[]],
  options: DriverOptions,
  neighbours: Neighbours,
): Promise<LaunchedDriver> {
  const { clock, run, scope } = world;
  const kubeconfig = join(neighbours.folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigText(neighbours.kubeConfig, "driver"), { mode: 0o600 });
  const metrics = await freeAddress();
  const program = scope.use(
    await new Program({
      clock,
      name: "the driver",
      log: run.keptLog("driver"),
      lifeline: run.lifeline,
      env: { KUBECONFIG: kubeconfig },
      command: [
        ...command,
        `--endpoint=unix://${neighbours.socket}`,
        `--nodeid=${options.nodeId ?? "node-0"}`,
        `--drivername=${options.driverName ?? DRIVER_NAME}`,
        `--provider-volume=${neighbours.providersDir}`,
        `--additional-provider-volume-paths=${neighbours.additionalProvidersDir}`,
        `--metrics-addr=${metrics}`,
        `--kubeconfig=${kubeconfig}`,
        ...flagsOf(options),
      ],
    })
      .start()
      .catch((error: unknown) => {
        // A wrong path is nobody's failure: without a driver there is nothing to judge.
        if (isMountproofError(error, "environment")) run.abandon(error);
        throw error;
      }),
  );
  const starts = await run.once("starts of the driver", async () => ({ served: 0 }));
  try {
    await untilServing(clock, program, neighbours.socket);
    starts.served++;
  } catch (error) {
    // What never served is no driver that fails: there is nothing to judge, and every case would tell the same.
    if (starts.served === 0 && isMountproofError(error)) run.abandon(error);
    throw error;
  }
  return {
    metrics: () => scrape(metrics),
    kill: () => program.kill(),
    drain: async () => program.terminate(),
    [Symbol.asyncDispose]: async () => program[Symbol.asyncDispose](),
  };
}

/** A socket's file may be left from before, and stands a moment before anybody listens. */
async function untilServing(clock: Clock, program: RunningProgram, socket: string): Promise<void> {
  const end = clock.now() + READY_WITHIN_MS;
  while (!(await answers(clock, socket))) {
    const lastWords = program.tail().slice(-5).join("\n");
    if (program.end !== undefined)
      throw new MountproofError("subject_failed", {
        message: `the driver ended with ${endText(program.end)} before it served${lastWords === "" ? "" : `: ${lastWords}`}`,
        hint: "is it a driver? It is given the upstream driver's flags; see its log",
      });
    if (clock.now() > end)
      throw new MountproofError("timeout", {
        message: `the driver did not answer on "${socket}" within ${READY_WITHIN_MS / 1000} s${lastWords === "" ? "" : `: ${lastWords}`}`,
        hint: "is it a driver? It is given the upstream driver's flags; see its log",
      });
    await clock.sleep(25);
  }
}

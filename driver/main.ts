import { describeFlags, parseFlags } from "../core/go/flags.ts";
import { createLog, isMountproofError, MountproofError, RealClock, Scope } from "../core/index.ts";
import { loadKubeConfig } from "../kube/index.ts";
import { BEHAVIOURS, type Behaviour } from "./behaviour.ts";
import { Driver } from "./driver.ts";
import { parseEndpoint } from "./endpoint.ts";
import { DRIVER_FLAGS, type DriverFlags } from "./flags/driver-flags.ts";
import { type DriverSpec, VENDOR_VERSIONS } from "./spec.ts";

/** As Go's runtime ends a process that panicked. */
const PANIC_EXIT = 2;
/** The real driver's log ends the process with this when it cannot serve where it was told to. */
const FATAL_EXIT = 255;

/**
 * `mountproof driver`: the driver as a process of its own, under upstream's flag names. Runs until SIGTERM or
 * SIGINT, then lets the calls under way finish.
 * @returns the exit code
 */
export async function runDriver(argv: readonly string[]): Promise<number> {
  try {
    const flags = parseFlags(argv, DRIVER_FLAGS);
    if (flags.help) {
      process.stdout.write(`usage: mountproof driver [flags]\n\n${describeFlags(DRIVER_FLAGS)}`);
      return 0;
    }
    const behaviour = behaviourOf(flags.behaviour);
    if (flags.version) {
      const version = { BuildVersion: VENDOR_VERSIONS[behaviour], GitCommit: "", BuildDate: "" };
      process.stdout.write(`${JSON.stringify(version)}\n`);
      return 0;
    }
    refuseUnavailable(flags);
    parseEndpoint(flags.endpoint);
    return await serve(flags, behaviour);
  } catch (error) {
    if (!isMountproofError(error)) throw error;
    process.stderr.write(`error: ${error.describe()}\n`);
    return error.code === "invalid_config" && error.culprit["endpoint"] !== undefined ? FATAL_EXIT : 1;
  }
}

async function serve(flags: DriverFlags, behaviour: Behaviour): Promise<number> {
  await using scope = new Scope("driver process");
  const stopping = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const stop = (): void => stopping.resolve();
    process.on(signal, stop);
    scope.defer(signal, () => process.off(signal, stop));
  }
  const driver = scope.use(await new Driver(await specOf(flags, behaviour)).start());
  await stopping.promise;
  await driver.drain();
  return 0;
}

async function specOf(flags: DriverFlags, behaviour: Behaviour): Promise<DriverSpec> {
  const clock = new RealClock();
  const userAgent = `csi-secrets-store/controller/${VENDOR_VERSIONS[behaviour]} (${process.platform}/${process.arch})`;
  const registration = flags["registration-socket"];
  const seenByKubelet = flags["kubelet-registration-path"];
  return {
    clock,
    log: createLog({ clock, name: "driver", level: flags.v >= 4 ? "debug" : "info" }),
    endpoint: flags.endpoint,
    driverName: flags.drivername,
    nodeId: flags.nodeid,
    kubeletRootDir: flags["kubelet-root-dir"],
    kubeConfig: await loadKubeConfig(flags.kubeconfig, process.env, userAgent),
    providersDir: flags["provider-volume"],
    additionalProvidersDirs: flags["additional-provider-volume-paths"],
    behaviour,
    enableSecretRotation: flags["enable-secret-rotation"],
    rotationPollIntervalMs: flags["rotation-poll-interval"],
    republishErrors: flags["republish-errors"] === "return" ? "return" : "mask",
    maxCallRecvMsgSize: flags["max-call-recv-msg-size"],
    providerHealthCheck: flags["provider-health-check"],
    providerHealthCheckIntervalMs: flags["provider-health-check-interval"],
    ...(flags["metrics-addr"] !== "0" && { metricsAddr: flags["metrics-addr"] }),
    ...(registration !== "" && {
      registration: { path: registration, ...(seenByKubelet !== "" && { endpoint: seenByKubelet }) },
    }),
    onPanic: (message) => {
      process.stderr.write(`panic: ${message}\n`);
      process.exit(PANIC_EXIT);
    },
  };
}

function behaviourOf(name: string): Behaviour {
  const behaviour = BEHAVIOURS.find((one) => one === name);
  if (behaviour === undefined)
    throw new MountproofError("invalid_argument", {
      message: `no behaviour is named "${name}"`,
      hint: `there are: ${BEHAVIOURS.join(", ")}`,
      culprit: { flag: "--behaviour" },
    });
  return behaviour;
}

function refuseUnavailable(flags: DriverFlags): void {
  if (flags["metrics-backend"].toLowerCase() !== "prometheus")
    throw new MountproofError("invalid_argument", {
      message: `unsupported metrics backend ${flags["metrics-backend"]}`,
      hint: "Prometheus is the only one",
      culprit: { flag: "--metrics-backend" },
    });
  if (!["mask", "return"].includes(flags["republish-errors"]))
    throw new MountproofError("invalid_argument", {
      message: `invalid argument "${flags["republish-errors"]}" for "--republish-errors"`,
      hint: "expected mask or return",
      culprit: { flag: "--republish-errors" },
    });
  if (flags["enable-pprof"])
    throw new MountproofError("unsupported", {
      message: "profiles of the Go runtime are not available",
      hint: "node --cpu-prof profiles this process",
      culprit: { flag: "--enable-pprof" },
    });
}

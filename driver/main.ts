import { describeFlags, parseFlags } from "../core/go/flags.ts";
import { createLog, isMountproofError, RealClock, Scope } from "../core/index.ts";
import { loadKubeConfig } from "../kube/index.ts";
import { journalInto, processDialer } from "../net/index.ts";
import type { Behaviour } from "./behaviour.ts";
import { Driver } from "./driver.ts";
import { parseEndpoint } from "./endpoint.ts";
import { DRIVER_FLAGS, type DriverFlags } from "./flags/driver-flags.ts";
import { behaviourOf, driverSpecOf, refuseUnavailable } from "./from-flags.ts";
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
  return driverSpecOf(flags, {
    clock,
    log: createLog({ clock, name: "driver", level: flags.v >= 4 ? "debug" : "info" }),
    kubeConfig: await loadKubeConfig(flags.kubeconfig, process.env, userAgent),
    dialer: processDialer(process.env),
    ...(flags["journal-file"] !== "" && { journal: journalInto(flags["journal-file"], clock) }),
    onPanic: (message) => {
      process.stderr.write(`panic: ${message}\n`);
      process.exit(PANIC_EXIT);
    },
  });
}

import { MountproofError } from "../core/index.ts";
import { BEHAVIOURS, type Behaviour } from "./behaviour.ts";
import type { DriverFlags } from "./flags/driver-flags.ts";
import type { DriverSpec } from "./spec.ts";

/** What flags do not say: the process or container that the driver runs in. */
export type DriverPlace = Pick<DriverSpec, "clock" | "log" | "kubeConfig" | "onPanic"> & Partial<DriverSpec>;

/**
 * What a driver's flags ask for.
 * @throws MountproofError `invalid_argument`, `unsupported` naming the flag
 */
export function driverSpecOf(flags: DriverFlags, place: DriverPlace): DriverSpec {
  refuseUnavailable(flags);
  const registration = flags["registration-socket"];
  const seenByKubelet = flags["kubelet-registration-path"];
  return {
    endpoint: flags.endpoint,
    driverName: flags.drivername,
    nodeId: flags.nodeid,
    kubeletRootDir: flags["kubelet-root-dir"],
    providersDir: flags["provider-volume"],
    additionalProvidersDirs: flags["additional-provider-volume-paths"],
    behaviour: behaviourOf(flags.behaviour),
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
    ...place,
  };
}

/** @throws MountproofError `invalid_argument` */
export function behaviourOf(name: string): Behaviour {
  const behaviour = BEHAVIOURS.find((one) => one === name);
  if (behaviour === undefined)
    throw new MountproofError("invalid_argument", {
      message: `no behaviour is named "${name}"`,
      hint: `there are: ${BEHAVIOURS.join(", ")}`,
      culprit: { flag: "--behaviour" },
    });
  return behaviour;
}

/** @throws MountproofError for what this driver does not have */
export function refuseUnavailable(flags: DriverFlags): void {
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

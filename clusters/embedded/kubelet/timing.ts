import { minutes, seconds } from "../../../core/index.ts";

/** Every period and limit of kubelet that a test may want to shorten, in milliseconds (spec kubelet-csi §11). */
export type KubeletTiming = {
  /** The plugin reconciler runs on ticks of this period, after a change. */
  readonly registrationTick: number;
  readonly getInfo: number;
  readonly notify: number;
  /** One deadline for all RPCs of a publish or unpublish. */
  readonly csi: number;
  /** Populator and reconciler of the volumes. */
  readonly volumeTick: number;
  /** How long one sync of a pod waits for its volumes, and how often it looks. */
  readonly mountWait: number;
  readonly mountPoll: number;
  /** A kubelet that finds volumes of an earlier one looks at its pods so much later: drivers register first (measured). */
  readonly podsAfterRestart: number;
  /** Sync loop: which pods are due is looked up on ticks of this period. */
  readonly syncTick: number;
  /** Between two syncs of a pod: up to half of it is added. */
  readonly sync: number;
  /** The same after a sync that failed. */
  readonly syncAfterError: number;
  /** The container runtime is listed on ticks of this period, after a change. */
  readonly relist: number;
  readonly housekeeping: number;
  /** Volume operations: first wait, doubled up to the longest. */
  readonly backoffFirst: number;
  readonly backoffLongest: number;
  /** Containers that exit: first wait, doubled up to the longest. */
  readonly restartFirst: number;
  readonly restartLongest: number;
  /** Volume statistics: up to the whole of it is added. 0 turns them off. */
  readonly volumeStats: number;
  /** Renewals of the node's Lease; 0: it is written once. */
  readonly leaseRenewal: number;
};

/** Kubelet's defaults; renewals of the Lease are left out on a virtual clock, where nobody would miss them. */
export function kubeletTiming(clock: "real" | "virtual", changes: Partial<KubeletTiming> = {}): KubeletTiming {
  return {
    registrationTick: seconds(1),
    getInfo: seconds(1),
    notify: seconds(5),
    csi: minutes(2),
    volumeTick: 100,
    mountWait: seconds(123),
    mountPoll: 300,
    podsAfterRestart: 1200,
    syncTick: seconds(1),
    sync: minutes(1),
    syncAfterError: seconds(10),
    relist: seconds(1),
    housekeeping: seconds(2),
    backoffFirst: 500,
    backoffLongest: seconds(122),
    restartFirst: seconds(10),
    restartLongest: minutes(5),
    volumeStats: minutes(1),
    leaseRenewal: clock === "real" ? seconds(10) : 0,
    ...changes,
  };
}

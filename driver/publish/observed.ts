import type { EventRecorder } from "../../kube/index.ts";
import type { NodePublishVolumeRequest } from "../../wire/gen/csi_pb.ts";
import type { ServerCall } from "../../wire/grpc/index.ts";
import type { DriverMetrics } from "../metrics/metrics.ts";
import { type PublishDeps, publish } from "../publish.ts";
import type { PublishFailure } from "./failure.ts";
import { newReport } from "./report.ts";
import { parseVolume, podOf } from "./volume.ts";

/** The reason and component that drivers before v1.6 used for the same news. */
export const ROTATION_FAILED = "MountRotationFailed";
export const ROTATION_COMPONENT = "csi-secrets-store-rotation";

export type ObservedDeps = PublishDeps & {
  readonly metrics: DriverMetrics;
  /** Undefined where nobody is told of what is masked. */
  readonly events: EventRecorder | undefined;
};

/** A publish with all that others learn of it: metrics, log, and the pod's events. */
export async function observedPublish(
  request: NodePublishVolumeRequest,
  call: Pick<ServerCall, "signal" | "deadline">,
  deps: ObservedDeps,
): Promise<void> {
  const report = newReport();
  const started = deps.clock.now();
  let failure: unknown;
  try {
    await deps.steps.time("publish", () => publish(request, call, report, deps));
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    deps.metrics.published(report, failure, deps.clock.now() - started);
    if (report.masked !== undefined) tellMasked(request, report.masked, deps);
  }
}

/** Kubelet heard OK, so the log and the pod are the places where the failure can be found. */
function tellMasked(request: NodePublishVolumeRequest, failure: PublishFailure, { log, events }: ObservedDeps): void {
  const volume = parseVolume(request);
  log.error("a republish failed; the volume keeps what it has", { pod: podOf(volume) }, failure);
  const { name, namespace, uid } = volume.pod;
  const target = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, uid } };
  events?.record(target, "Warning", ROTATION_FAILED, failure.details);
}

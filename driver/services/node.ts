import type { Clock } from "../../core/index.ts";
import {
  Node,
  type NodePublishVolumeRequest,
  NodeServiceCapability_RPC_Type,
  type NodeUnpublishVolumeRequest,
} from "../../wire/gen/csi_pb.ts";
import { type BoundService, GrpcError, GrpcStatus, type ServerCall, service } from "../../wire/grpc/index.ts";
import type { Rules } from "../behaviour.ts";
import { VolumeLock } from "../volume-lock.ts";

export type NodeSpec = {
  readonly clock: Clock;
  readonly nodeId: string;
  readonly rules: Rules;
  publish(request: NodePublishVolumeRequest, call: ServerCall): Promise<void>;
  unpublish(request: NodeUnpublishVolumeRequest): void;
};

/** csi.v1.Node. Calls for one volume wait for each other; in upstream they do not (B21). */
export function nodeService({ clock, nodeId, rules, publish, unpublish }: NodeSpec): BoundService {
  const lock = new VolumeLock(clock);
  const serially = <T>(targetPath: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    rules.has("B21") || targetPath === "" ? work() : lock.run(targetPath, signal, work);
  return service(Node, {
    nodePublishVolume: async (request, call) => {
      await serially(request.targetPath, call.signal, () => publish(request, call));
      return {};
    },
    nodeUnpublishVolume: async (request, call) => {
      await serially(request.targetPath, call.signal, async () => unpublish(request));
      return {};
    },
    nodeStageVolume: (request) => {
      require(request.volumeId !== "", "Volume ID missing in request");
      require(request.stagingTargetPath !== "", "Target path missing in request");
      require(request.volumeCapability !== undefined, "Volume capability missing in request");
      return {};
    },
    nodeUnstageVolume: (request) => {
      require(request.volumeId !== "", "Volume ID missing in request");
      require(request.stagingTargetPath !== "", "Target path missing in request");
      return {};
    },
    nodeGetInfo: () => ({ nodeId }),
    nodeGetCapabilities: () => ({
      capabilities: rules.has("capabilities")
        ? [{ type: { case: "rpc" as const, value: { type: NodeServiceCapability_RPC_Type.STAGE_UNSTAGE_VOLUME } } }]
        : [],
    }),
    nodeExpandVolume: () => {
      throw new GrpcError(GrpcStatus.UNIMPLEMENTED, "NodeExpandVolume is not implemented");
    },
  });
}

function require(holds: boolean, message: string): void {
  if (!holds) throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, message);
}

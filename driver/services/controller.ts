import { Controller, ControllerServiceCapability_RPC_Type } from "../../wire/gen/csi_pb.ts";
import { type BoundService, GrpcError, GrpcStatus, service } from "../../wire/grpc/index.ts";
import type { Rules } from "../behaviour.ts";

/** csi.v1.Controller of a node-only driver: every call is refused. */
export function controllerService(rules: Rules): BoundService {
  return service(Controller, {
    ...(rules.has("capabilities") && {
      controllerGetCapabilities: () => ({
        capabilities: [
          { type: { case: "rpc" as const, value: { type: ControllerServiceCapability_RPC_Type.UNKNOWN } } },
        ],
      }),
    }),
    // The real driver is built against CSI 1.6, which does not know these two: gRPC itself answers.
    controllerModifyVolume: () => unknownMethod("ControllerModifyVolume"),
    getSnapshot: () => unknownMethod("GetSnapshot"),
  });
}

function unknownMethod(name: string): never {
  throw new GrpcError(GrpcStatus.UNIMPLEMENTED, `unknown method ${name} for service ${Controller.typeName}`);
}

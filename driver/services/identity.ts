import { Identity, PluginCapability_Service_Type } from "../../wire/gen/csi_pb.ts";
import { type BoundService, GrpcError, GrpcStatus, service } from "../../wire/grpc/index.ts";
import type { Rules } from "../behaviour.ts";

export type IdentitySpec = { readonly driverName: string; readonly vendorVersion: string; readonly rules: Rules };

/** csi.v1.Identity: who this is. `hardened` advertises no controller, for there is none. */
export function identityService({ driverName, vendorVersion, rules }: IdentitySpec): BoundService {
  return service(Identity, {
    getPluginInfo: () => {
      if (driverName === "") throw new GrpcError(GrpcStatus.UNAVAILABLE, "driver name not configured");
      if (vendorVersion === "") throw new GrpcError(GrpcStatus.UNAVAILABLE, "driver version not configured");
      return { name: driverName, vendorVersion };
    },
    getPluginCapabilities: () => ({
      capabilities: rules.has("capabilities")
        ? [{ type: { case: "service" as const, value: { type: PluginCapability_Service_Type.CONTROLLER_SERVICE } } }]
        : [],
    }),
    probe: () => ({ ready: true }),
  });
}

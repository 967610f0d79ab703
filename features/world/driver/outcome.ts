import { GrpcError } from "../../../wire/grpc/index.ts";

/** How a call of kubelet ended: `OK`, or the code's name, with the text. */
export type Outcome = { readonly code: string; readonly message: string; readonly reply?: Record<string, unknown> };

/** A refusal is an outcome; whatever else a call throws is not. */
export async function outcomeOf(call: Promise<Record<string, unknown>>): Promise<Outcome> {
  try {
    return { code: "OK", message: "", reply: await call };
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    return { code: error.codeName, message: error.details };
  }
}

/** The capabilities that an answer advertises, by name. */
export function advertised(reply: Outcome["reply"]): string[] {
  const capabilities = (reply?.["capabilities"] ?? []) as {
    type?: { case?: string; value?: { type?: number } };
  }[];
  return capabilities.map(({ type }) => {
    const names = type?.case === "service" ? SERVICE_CAPABILITIES : RPC_CAPABILITIES;
    return names[type?.value?.type ?? 0] ?? "UNKNOWN";
  });
}

/** CSI 1.12, PluginCapability.Service.Type and NodeServiceCapability.RPC.Type; a controller's 0 is UNKNOWN too. */
const SERVICE_CAPABILITIES = [
  "UNKNOWN",
  "CONTROLLER_SERVICE",
  "VOLUME_ACCESSIBILITY_CONSTRAINTS",
  "GROUP_CONTROLLER_SERVICE",
];
const RPC_CAPABILITIES = ["UNKNOWN", "STAGE_UNSTAGE_VOLUME", "GET_VOLUME_STATS", "EXPAND_VOLUME"];

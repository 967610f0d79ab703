import type { Journal } from "../net/index.ts";
import { codeName, type GrpcExchange } from "../wire/grpc/index.ts";

/** What a step may ask of a call: ids and names. Secrets and tokens are told by number only. */
type Seen = {
  readonly volumeId?: string;
  readonly targetPath?: string;
  readonly volumeContext?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>> | string;
};

/** A call that the driver answered. */
export function journalCall(journal: Journal | undefined, exchange: GrpcExchange): void {
  if (journal === undefined) return;
  const { volumeId, targetPath, volumeContext, secrets } = exchange.request as Seen;
  journal.begin({ seam: "csi", server: "driver", operation: operationOf(exchange) })(codeName(exchange.code), {
    ...(exchange.details !== "" && { message: exchange.details }),
    ...(volumeId !== undefined && { volumeId }),
    ...(targetPath !== undefined && { targetPath }),
    ...(volumeContext !== undefined && {
      pod: `${volumeContext["csi.storage.k8s.io/pod.namespace"]}/${volumeContext["csi.storage.k8s.io/pod.name"]}`,
      secretProviderClass: volumeContext["secretProviderClass"],
    }),
    ...(typeof secrets === "object" && { secrets: Object.keys(secrets).length }),
    authority: exchange.authority,
    tookMs: exchange.tookMs,
  });
}

/** A call that the driver made. */
export function journalProviderCall(journal: Journal | undefined, provider: string, exchange: GrpcExchange): void {
  if (journal === undefined) return;
  const { targetPath } = exchange.request as Seen;
  journal.begin({
    seam: "provider",
    server: `provider/${provider}`,
    caller: "driver",
    operation: operationOf(exchange),
  })(codeName(exchange.code), {
    ...(exchange.details !== "" && { message: exchange.details }),
    ...(targetPath !== undefined && { targetPath }),
    tookMs: exchange.tookMs,
  });
}

function operationOf({ service, method }: GrpcExchange): string {
  return `/${service}/${method}`;
}

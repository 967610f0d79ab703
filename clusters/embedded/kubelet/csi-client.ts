import type { Clock, Digester } from "../../../core/index.ts";
import type { Journal } from "../../../net/journal.ts";
import type { Node, NodeGetInfoResponse } from "../../../wire/gen/csi_pb.ts";
import type { GrpcClient } from "../../../wire/grpc/index.ts";
import { codeName, GrpcError, GrpcStatus } from "../../../wire/grpc/status.ts";

/** Where tokens travel, in `volume_context` or `secrets` (spec kubelet-csi §4). */
export const TOKENS_KEY = "csi.storage.k8s.io/serviceAccount.tokens";

export type NodeCapability = "VOLUME_MOUNT_GROUP" | "SINGLE_NODE_MULTI_WRITER" | "GET_VOLUME_STATS";

/** A call that failed, with the text that kubelet's events and errors show for it. */
export class CsiCallError extends Error {
  override readonly name = "CsiCallError";
  readonly code: number;

  constructor(code: number, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export type PublishRequest = {
  readonly volumeId: string;
  readonly targetPath: string;
  readonly readonly: boolean;
  readonly volumeContext: Record<string, string>;
  readonly secrets: Record<string, string>;
  readonly volumeCapability: {
    readonly accessType: {
      readonly case: "mount";
      readonly value: { readonly fsType: string; readonly volumeMountGroup: string };
    };
    readonly accessMode: { readonly mode: "SINGLE_NODE_WRITER" | "SINGLE_NODE_MULTI_WRITER" };
  };
};

/** Time left of an attempt: kubelet has one deadline for all calls of it. */
export type Budget = { remaining(): number };

type CsiMessages = typeof import("../../../wire/gen/csi_pb.ts");

export type CsiClientSpec = {
  readonly clock: Clock;
  readonly endpoint: string;
  /** Who calls: `kubelet/node-0`. */
  readonly caller: string;
  readonly journal?: Journal;
  readonly digester: Digester;
  /** Aborts when kubelet stops: the driver sees its calls cancelled. */
  readonly signal?: AbortSignal;
};

/**
 * Calls of kubelet on a driver's CSI socket: a new connection for each, authority `localhost`, the deadline given
 * (spec kubelet-csi §1, §15).
 */
export class CsiNodeClient {
  readonly #spec: CsiClientSpec;
  readonly #messages: CsiMessages;
  readonly #client: GrpcClient<typeof Node>;

  private constructor(spec: CsiClientSpec, messages: CsiMessages, client: GrpcClient<typeof Node>) {
    this.#spec = spec;
    this.#messages = messages;
    this.#client = client;
  }

  /** Loads gRPC and CSI's messages when they are not there yet; nothing is dialled. */
  static async open(spec: CsiClientSpec): Promise<CsiNodeClient> {
    const [messages, { grpcClient }] = await Promise.all([
      import("../../../wire/gen/csi_pb.ts"),
      import("../../../wire/grpc/index.ts"),
    ]);
    const options = { clock: spec.clock, target: { path: spec.endpoint }, connectionPerCall: true };
    return new CsiNodeClient(spec, messages, grpcClient(messages.Node, options));
  }

  async getInfo(budget: Budget): Promise<NodeGetInfoResponse> {
    return await this.#call("NodeGetInfo", {}, budget, (options) => this.#client.nodeGetInfo({}, options));
  }

  async capabilities(budget: Budget): Promise<ReadonlySet<NodeCapability>> {
    const reply = await this.#call("NodeGetCapabilities", {}, budget, (options) =>
      this.#client.nodeGetCapabilities({}, options),
    );
    const { NodeServiceCapability_RPC_Type } = this.#messages;
    const names = new Set<NodeCapability>();
    for (const { type } of reply.capabilities) {
      const kind = type.case === "rpc" ? type.value.type : undefined;
      if (kind === NodeServiceCapability_RPC_Type.VOLUME_MOUNT_GROUP) names.add("VOLUME_MOUNT_GROUP");
      if (kind === NodeServiceCapability_RPC_Type.SINGLE_NODE_MULTI_WRITER) names.add("SINGLE_NODE_MULTI_WRITER");
      if (kind === NodeServiceCapability_RPC_Type.GET_VOLUME_STATS) names.add("GET_VOLUME_STATS");
    }
    return names;
  }

  async publish(request: PublishRequest, budget: Budget): Promise<void> {
    const { digester } = this.#spec;
    const digests = (values: Readonly<Record<string, string>>): Record<string, string> =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, digester.digest(value)]));
    const { [TOKENS_KEY]: tokens, ...context } = request.volumeContext;
    const detail = {
      volumeId: request.volumeId,
      targetPath: request.targetPath,
      readonly: request.readonly,
      volumeContext: { ...context, ...(tokens !== undefined && { [TOKENS_KEY]: digester.digest(tokens) }) },
      secrets: digests(request.secrets),
    };
    const { accessType, accessMode } = request.volumeCapability;
    const mode = this.#messages.VolumeCapability_AccessMode_Mode[accessMode.mode];
    const message = { ...request, volumeCapability: { accessType, accessMode: { mode } } };
    await this.#call("NodePublishVolume", detail, budget, (options) =>
      this.#client.nodePublishVolume(message, options),
    );
  }

  async unpublish(volumeId: string, targetPath: string, budget: Budget): Promise<void> {
    await this.#call("NodeUnpublishVolume", { volumeId, targetPath }, budget, (options) =>
      this.#client.nodeUnpublishVolume({ volumeId, targetPath }, options),
    );
  }

  async volumeStats(volumeId: string, volumePath: string, budget: Budget): Promise<void> {
    await this.#call("NodeGetVolumeStats", { volumeId, volumePath }, budget, (options) =>
      this.#client.nodeGetVolumeStats({ volumeId, volumePath }, options),
    );
  }

  async #call<T>(
    method: string,
    detail: Readonly<Record<string, unknown>>,
    budget: Budget,
    call: (options: { readonly deadlineMs: number; readonly signal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const { caller, journal, endpoint, signal } = this.#spec;
    const deadlineMs = budget.remaining();
    const end = journal?.begin({ seam: "csi", server: caller, caller, operation: `/csi.v1.Node/${method}` });
    try {
      const reply = await call({ deadlineMs, ...(signal !== undefined && { signal }) });
      end?.("OK", { ...detail, endpoint, deadlineMs });
      return reply;
    } catch (error) {
      const failure = inGoWords(error, endpoint);
      end?.(codeName(failure.code), { ...detail, endpoint, deadlineMs });
      throw failure;
    }
  }
}

/** The transport's own failures read as grpc-go words them; whatever a driver said passes unchanged. */
export function inGoWords(error: unknown, endpoint: string): CsiCallError {
  if (!(error instanceof GrpcError)) throw error;
  return new CsiCallError(
    error.code,
    `rpc error: code = ${error.codeName} desc = ${goDetails(error, endpoint)}`,
    error,
  );
}

function goDetails(error: GrpcError, endpoint: string): string {
  if (!error.connected) {
    const cause = /ENOENT/.test(error.details) ? "no such file or directory" : "connection refused";
    return `connection error: desc = "transport: Error while dialing: dial unix ${endpoint}: connect: ${cause}"`;
  }
  if (error.code === GrpcStatus.UNAVAILABLE && /^(Connection dropped|read ECONNRESET)/.test(error.details))
    return "error reading from server: EOF";
  return error.details;
}

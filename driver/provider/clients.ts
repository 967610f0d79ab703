import type { Clock, Log, Random } from "../../core/index.ts";
import { CSIDriverProvider, type MountResponse } from "../../wire/gen/provider_pb.ts";
import {
  type CallOptions,
  type GrpcClient,
  type GrpcExchange,
  grpcClient,
  type ServerCall,
} from "../../wire/grpc/index.ts";
import type { Rules } from "../behaviour.ts";
import { callProvider } from "./call.ts";
import { socketOf } from "./lookup.ts";
import type { ObjectVersion } from "./reply.ts";

type ProviderClient = GrpcClient<typeof CSIDriverProvider>;

export type ProviderClientsSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly rules: Rules;
  /** In search order. */
  readonly folders: readonly string[];
  readonly maxReceiveBytes: number;
  readonly onExchange?: (provider: string, exchange: GrpcExchange) => void;
};

export type MountCall = {
  readonly provider: string;
  readonly attributes: string;
  readonly secrets: string;
  readonly targetPath: string;
  readonly permission: string;
  readonly current: readonly ObjectVersion[];
};

/** One client a provider for the life of the driver: found once, dialled when first used, never looked up again. */
export class ProviderClients implements Disposable {
  readonly #spec: ProviderClientsSpec;
  readonly #clients = new Map<string, ProviderClient>();

  constructor(spec: ProviderClientsSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError when the name is invalid or no socket is there; failures are not remembered */
  get(name: string): ProviderClient {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    const { clock, folders, maxReceiveBytes, rules, onExchange } = this.#spec;
    const path = socketOf(name, folders);
    const client = grpcClient(CSIDriverProvider, {
      clock,
      target: { path },
      // Before v1.6 gRPC derived it from the socket's path: raw, which no strict server takes; encoded here.
      authority: rules.isLegacy ? encodeURIComponent(path) : "localhost",
      maxReceiveBytes,
      ...(onExchange !== undefined && { onExchange: (exchange: GrpcExchange) => onExchange(name, exchange) }),
    });
    this.#clients.set(name, client);
    return client;
  }

  /** True for a provider whose socket was found once. */
  knows(name: string): boolean {
    return this.#clients.has(name);
  }

  /** @throws MountproofError of the lookup, GrpcError of the call */
  async mount(
    client: ProviderClient,
    call: MountCall,
    { signal, deadline }: Pick<ServerCall, "signal" | "deadline">,
  ): Promise<MountResponse> {
    const { clock, random } = this.#spec;
    const request = {
      attributes: call.attributes,
      secrets: call.secrets,
      targetPath: call.targetPath,
      permission: call.permission,
      currentObjectVersion: [...call.current],
    };
    const options = (): CallOptions => ({
      signal,
      ...(deadline !== undefined && { deadlineMs: deadline.remaining() }),
    });
    return await callProvider(() => client.mount(request, options()), { clock, random, signal });
  }

  /** Asks every known provider for its version; the answers are logged and nothing else (the health check). */
  async checkHealth(timeoutMs: number, stopping: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#spec;
    const checks = [...this.#clients].map(async ([provider, client]) => {
      using deadline = clock.deadline(timeoutMs, { signal: stopping });
      const { signal } = deadline;
      try {
        const attempt = (): Promise<{ readonly runtimeVersion: string }> =>
          client.version({ version: "v1alpha1" }, { deadlineMs: deadline.remaining(), signal });
        const { runtimeVersion } = await callProvider(attempt, { clock, random, signal });
        log.debug("provider is healthy", { provider, runtimeVersion });
      } catch (error) {
        if (!stopping.aborted) log.debug("provider is not healthy", { provider, error: String(error) });
      }
    });
    await Promise.all(checks);
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

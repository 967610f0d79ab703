import type { Clock, Deadline, Log } from "../../core/index.ts";
import { MountproofError } from "../../core/index.ts";
import type { Journal } from "../../net/index.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../wire/gen/health_pb.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import {
  type BoundService,
  GrpcError,
  GrpcStatus,
  type RunningGrpcServer,
  service,
  startGrpcServer,
} from "../../wire/grpc/index.ts";

/** `hardened`: how it should be. `upstream`: the real provider, its order, texts and crashes included. */
export type ProviderBehaviour = "hardened" | "upstream";

/** One Mount as the driver sends it; texts are JSON. */
export type MountRequest = {
  readonly attributes: string;
  readonly secrets: string;
  readonly permission: string;
  readonly targetPath: string;
  readonly currentVersions: ReadonlyMap<string, string>;
};

/** A file for the pod's volume; `path` is below the mount, `mode` holds permission bits. */
export type MountedFile = { readonly path: string; readonly mode: number; readonly contents: Uint8Array };
export type ObjectVersion = { readonly id: string; readonly version: string };
export type Mounted = { readonly files: readonly MountedFile[]; readonly versions: readonly ObjectVersion[] };

export type MountContext = {
  /** Aborts when the driver gives up or its deadline passes. */
  readonly signal: AbortSignal;
  /** By when the driver wants its answer; without it, whenever. */
  readonly deadline?: Pick<Deadline, "at" | "remaining">;
  readonly log: Log;
};

/** What a provider is: a name, and an answer to Mount. Everything else is the kit's. */
export interface Provider extends AsyncDisposable {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  /**
   * Answers one Mount.
   * @throws GrpcError to choose the code; any other error reaches the driver as UNKNOWN with its message
   */
  mount(request: MountRequest, context: MountContext): Promise<Mounted>;
}

export type ProviderServerSpec = {
  readonly clock: Clock;
  readonly log: Log;
  /** The socket: a path, or `unix:///path`. */
  readonly endpoint: string;
  readonly provider: Provider;
  readonly journal?: Journal;
  /** Told when the real provider would die of this call; it is no longer served then. */
  readonly onCrash?: (why: string) => void;
  /** Serve gRPC's health check beside it, which always says SERVING: some real providers do. */
  readonly health?: boolean;
};

export interface RunningProviderServer extends AsyncDisposable {
  readonly socketPath: string;
  /** Takes no new calls and resolves when those under way have ended. */
  drain(): Promise<void>;
}

/** Thrown by a provider where the real one would end its process: every caller sees UNAVAILABLE from then on. */
export class ProviderCrash extends Error {
  override readonly name = "ProviderCrash";
}

/**
 * Serves a provider to the driver on a Unix socket.
 *
 * @example
 * await using server = await startProvider({ clock, log, endpoint: "/run/providers/mine.sock", provider });
 * @throws MountproofError `invalid_config` for an endpoint that is no path, `environment` when it cannot listen
 */
export async function startProvider(spec: ProviderServerSpec): Promise<RunningProviderServer> {
  const socketPath = spec.endpoint.replace(/^unix:(\/\/)?/, "");
  if (!socketPath.startsWith("/"))
    throw new MountproofError("invalid_config", {
      message: `the endpoint "${spec.endpoint}" is no absolute path of a socket`,
      hint: "give a path such as /provider/vault.sock",
      culprit: { endpoint: spec.endpoint },
    });
  let server: RunningGrpcServer | undefined;
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => {});
  const die = (why: string): void => {
    spec.log.error("the provider died", { why });
    spec.onCrash?.(why);
    death.reject(new GrpcError(GrpcStatus.UNAVAILABLE, "error reading from server: EOF"));
    const dying = server;
    void dying?.drain().then(() => dying[Symbol.asyncDispose]());
  };
  server = await startGrpcServer({
    clock: spec.clock,
    name: `provider/${spec.provider.runtimeName}`,
    listen: { path: socketPath },
    services: [mountService(spec, { of: death.promise, die }), ...(spec.health === true ? [HEALTHY] : [])],
  });
  const running = server;
  return {
    socketPath,
    drain: () => running.drain(),
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await spec.provider[Symbol.asyncDispose]();
    },
  };
}

const HEALTHY = service(Health, { check: () => ({ status: HealthCheckResponse_ServingStatus.SERVING }) });

/** When it comes, all calls under way end with it, not only the one that brought it about. */
type Death = { readonly of: Promise<never>; readonly die: (why: string) => void };

function mountService({ provider, log, journal }: ProviderServerSpec, death: Death): BoundService {
  return service(CSIDriverProvider, {
    version: () => ({
      version: "v1alpha1",
      runtimeName: provider.runtimeName,
      runtimeVersion: provider.runtimeVersion,
    }),
    mount: async (request, call) => {
      const end = journal?.begin({
        seam: "provider",
        server: `provider/${provider.runtimeName}`,
        operation: "/v1alpha1.CSIDriverProvider/Mount",
      });
      try {
        const mounting = provider.mount(
          {
            attributes: request.attributes,
            secrets: request.secrets,
            permission: request.permission,
            targetPath: request.targetPath,
            currentVersions: new Map(request.currentObjectVersion.map(({ id, version }) => [id, version])),
          },
          { signal: call.signal, log, ...(call.deadline !== undefined && { deadline: call.deadline }) },
        );
        const { files, versions } = await Promise.race([mounting, death.of]);
        end?.("OK", { files: files.map(({ path }) => path), versions });
        return { files: files.map((file) => ({ ...file })), objectVersion: versions.map((one) => ({ ...one })) };
      } catch (error) {
        if (error instanceof ProviderCrash) {
          end?.("Unavailable", { crash: error.message });
          death.die(error.message);
          return await death.of;
        }
        const refusal = refusalOf(error, call.signal);
        end?.(refusal.codeName, { message: refusal.details });
        throw refusal;
      }
    },
  });
}

/** UNKNOWN with the error's own text, as gRPC servers in Go answer an error that names no code. */
function refusalOf(error: unknown, signal: AbortSignal): GrpcError {
  if (error instanceof GrpcError) return error;
  if (signal.aborted && signal.reason instanceof GrpcError) return signal.reason;
  return new GrpcError(GrpcStatus.UNKNOWN, error instanceof Error ? error.message : String(error), { cause: error });
}

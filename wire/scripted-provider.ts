import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Clock } from "../core/index.ts";
import {
  CSIDriverProvider,
  type MountRequest,
  type MountResponseSchema,
  type VersionRequest,
} from "./gen/provider_pb.ts";
import {
  GrpcError,
  GrpcStatus,
  type RunningGrpcServer,
  type ServerCall,
  service,
  startGrpcServer,
} from "./grpc/index.ts";

export type Reply = MessageInitShape<typeof MountResponseSchema>;
/** One answer: a response, a failure, or something made from the request. */
export type Script = Reply | GrpcError | ((request: MountRequest, call: ServerCall) => Reply | Promise<Reply>);

export type SeenMount = {
  readonly method: "Mount";
  readonly request: MountRequest;
  readonly authority: string;
  readonly hasDeadline: boolean;
  readonly at: number;
};
export type SeenVersion = {
  readonly method: "Version";
  readonly request: VersionRequest;
  readonly authority: string;
  readonly at: number;
};

/** A provider that answers as it is told and remembers what it was asked. */
export class ScriptedProvider implements AsyncDisposable {
  readonly calls: (SeenMount | SeenVersion)[] = [];
  readonly #clock: Clock;
  readonly #path: string;
  #queued: Script[] = [];
  #standing: Script;
  #version: GrpcError | undefined;
  #server: RunningGrpcServer | undefined;

  constructor(clock: Clock, path: string, standing: Script = oneFile()) {
    this.#clock = clock;
    this.#path = path;
    this.#standing = standing;
  }

  /** The queued answers are given once each; the last one stays. */
  answers(...scripts: Script[]): this {
    this.#queued = scripts.slice(0, -1);
    this.#standing = scripts.at(-1) ?? this.#standing;
    return this;
  }

  /** The next Mount is held until its caller is gone, before anything that was told; resolves when it is asked. */
  holdsNext(): Promise<void> {
    return new Promise((resolve) => {
      this.#queued.unshift(async (_request, call) => {
        resolve();
        call.activity.park();
        await new Promise<void>((gone) => call.signal.addEventListener("abort", () => gone(), { once: true }));
        throw new GrpcError(GrpcStatus.CANCELLED, "its caller is gone");
      });
    });
  }

  failsVersion(error: GrpcError | undefined): void {
    this.#version = error;
  }

  get mounts(): SeenMount[] {
    return this.calls.filter((call) => call.method === "Mount");
  }

  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  async start(): Promise<this> {
    if (this.#server !== undefined) return this;
    const clock = this.#clock;
    this.#server = await startGrpcServer({
      clock,
      name: "provider/scripted",
      listen: { path: this.#path },
      services: [
        service(CSIDriverProvider, {
          version: (request, { authority }) => {
            this.calls.push({ method: "Version", request, authority, at: clock.now() });
            if (this.#version !== undefined) throw this.#version;
            return { version: "v1alpha1", runtimeName: "scripted", runtimeVersion: "v0.0.1" };
          },
          mount: async (request, call) => {
            const { authority, deadline } = call;
            const hasDeadline = deadline !== undefined;
            this.calls.push({ method: "Mount", request, authority, hasDeadline, at: clock.now() });
            const script = this.#queued.shift() ?? this.#standing;
            if (script instanceof GrpcError) throw script;
            return typeof script === "function" ? await script(request, call) : script;
          },
        }),
      ],
    });
    return this;
  }

  /** The socket goes with it. */
  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  /** As kill -9: calls under way lose their connection. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** `files` as path to content, 0644, with one version for all. */
export function files(contents: Readonly<Record<string, string>>, version = "1"): Reply {
  return {
    files: Object.entries(contents).map(([path, text]) => ({ path, mode: 0o644, contents: Buffer.from(text) })),
    objectVersion: [{ id: "a", version }],
  };
}

export function oneFile(): Reply {
  return files({ a: "one" });
}

import { type Clock, type Log, messageOf } from "../../../../core/index.ts";
import type { Journal } from "../../../../net/journal.ts";
import type { PluginInfo } from "../../../../wire/gen/registration_pb.ts";
import { inGoWords } from "../csi-client.ts";
import { TickLoop } from "../ticks.ts";
import type { KubeletTiming } from "../timing.ts";
import { Backoff } from "../volumes/backoff.ts";
import { type SocketFile, SocketWatch } from "./sockets.ts";

/** What handles the plugins of one type. */
export type PluginHandler = {
  /** @returns why the plugin is refused; undefined when it may be registered */
  validate(info: PluginInfo, endpoint: string): string | undefined;
  register(info: PluginInfo, endpoint: string): Promise<void>;
  deregister(name: string): Promise<void>;
};

export type PluginRegistrySpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: KubeletTiming;
  readonly origin: number;
  readonly folder: string;
  readonly caller: string;
  readonly journal?: Journal;
  /** By plugin type; `CSIPlugin` is the only one here. */
  readonly handlers: ReadonlyMap<string, PluginHandler>;
};

type Registered = { readonly identity: string; readonly type: string; readonly name: string };
type Attempt = { readonly backoff: Backoff; isPending: boolean; retryAt: number };

/** Ticks of the real loop come a little late, so a short wait that ends on a tick is over at the next one (measured). */
const TICK_SLIP_BELOW_MS = 8000;

/**
 * Registers the plugins whose sockets appear in `plugins_registry` and lets go of those whose sockets vanish: looked
 * at on ticks of one second, after a change (spec kubelet-csi §1, §15).
 */
export class PluginRegistry implements Disposable {
  readonly #spec: PluginRegistrySpec;
  readonly #watch: SocketWatch;
  readonly #ticks: TickLoop;
  readonly #sockets = new Map<string, SocketFile>();
  readonly #registered = new Map<string, Registered>();
  readonly #attempts = new Map<string, Attempt>();

  constructor(spec: PluginRegistrySpec) {
    this.#spec = spec;
    this.#ticks = new TickLoop({
      clock: spec.clock,
      name: "plugin registration",
      periodMs: spec.timing.registrationTick,
      origin: spec.origin,
      run: () => this.#tick(),
    });
    this.#watch = new SocketWatch({
      clock: spec.clock,
      folder: spec.folder,
      onAppeared: (socket) => {
        this.#sockets.set(socket.path, socket);
        this.#ticks.wake();
      },
      onGone: (path) => {
        this.#sockets.delete(path);
        this.#ticks.wake();
      },
    });
  }

  async start(): Promise<void> {
    await this.#watch.start();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#ticks[Symbol.dispose]();
  }

  #tick(): void {
    const now = this.#spec.clock.now();
    for (const [path, registered] of [...this.#registered])
      if (this.#sockets.get(path)?.identity !== registered.identity && !this.#isPending(path))
        this.#begin(path, () => this.#deregister(path, registered));
    for (const socket of this.#sockets.values()) {
      if (this.#registered.has(socket.path) || this.#isPending(socket.path)) continue;
      const retryAt = this.#attempts.get(socket.path)?.retryAt ?? 0;
      if (retryAt > now) this.#ticks.wakeAt(retryAt);
      else this.#begin(socket.path, () => this.#register(socket));
    }
  }

  #isPending(path: string): boolean {
    return this.#attempts.get(path)?.isPending === true;
  }

  #begin(path: string, work: () => Promise<void>): void {
    const { clock, timing, log } = this.#spec;
    const backoff = this.#attempts.get(path)?.backoff ?? new Backoff(timing.backoffFirst, timing.backoffLongest);
    const attempt: Attempt = { backoff, isPending: true, retryAt: 0 };
    this.#attempts.set(path, attempt);
    void clock.activity.track("kubelet plugin registration", async () => {
      try {
        await work();
        this.#attempts.delete(path);
      } catch (error) {
        log.warn("plugin registration failed", { socket: path }, error);
        backoff.failed(clock.now());
        const wait = backoff.due - clock.now();
        attempt.isPending = false;
        attempt.retryAt = backoff.due + (wait < TICK_SLIP_BELOW_MS ? 1 : 0);
      }
      this.#ticks.wake();
    });
  }

  async #deregister(path: string, { type, name }: Registered): Promise<void> {
    this.#registered.delete(path);
    await this.#spec.handlers.get(type)?.deregister(name);
  }

  async #register(socket: SocketFile): Promise<void> {
    using plugin = await this.#dial(socket.path);
    const info = await plugin.getInfo();
    const endpoint = info.endpoint === "" ? socket.path : info.endpoint;
    const handler = this.#spec.handlers.get(info.type);
    const refusal =
      handler === undefined
        ? `no handler registered for plugin type: ${info.type} at socket ${socket.path}`
        : prefixed("plugin validation failed with err: ", handler.validate(info, endpoint));
    if (handler === undefined || refusal !== undefined) {
      await plugin.notify(false, `RegisterPlugin error -- ${refusal}`);
      throw new Error(refusal);
    }
    // Known from here on, also when the next step fails: that step is not retried for the same socket (measured).
    this.#registered.set(socket.path, { identity: socket.identity, type: info.type, name: info.name });
    let failure = "";
    try {
      await handler.register(info, endpoint);
    } catch (error) {
      failure = `RegisterPlugin error -- plugin registration failed with err: ${messageOf(error)}`;
      this.#spec.log.warn("plugin registration failed", { socket: socket.path }, error);
    }
    // How the plugin takes it changes nothing.
    await plugin.notify(failure === "", failure).catch(() => undefined);
  }

  /** gRPC and its messages are loaded by the first plugin: an API server answers before. */
  async #dial(path: string): Promise<
    Disposable & {
      getInfo(): Promise<PluginInfo>;
      notify(isRegistered: boolean, error: string): Promise<void>;
    }
  > {
    const { clock, timing, journal, caller } = this.#spec;
    const [{ Registration }, { grpcClient }] = await Promise.all([
      import("../../../../wire/gen/registration_pb.ts"),
      import("../../../../wire/grpc/index.ts"),
    ]);
    const client = grpcClient(Registration, {
      clock,
      target: { path },
      // The registration dial leaves the authority to grpc-go, which percent-encodes the socket's path.
      authority: encodeURIComponent(path),
    });
    const journaled = async <T>(method: string, detail: Record<string, unknown>, call: Promise<T>): Promise<T> => {
      const operation = `/pluginregistration.Registration/${method}`;
      const end = journal?.begin({ seam: "registration", server: caller, caller, operation });
      try {
        const reply = await call;
        end?.("OK", { ...detail, socket: path });
        return reply;
      } catch (error) {
        end?.("Error", { ...detail, socket: path });
        throw inGoWords(error, path);
      }
    };
    return {
      getInfo: () => journaled("GetInfo", {}, client.getInfo({}, { deadlineMs: timing.getInfo })),
      notify: async (pluginRegistered, error) => {
        const request = { pluginRegistered, error };
        const call = client.notifyRegistrationStatus(request, { deadlineMs: timing.notify });
        await journaled("NotifyRegistrationStatus", request, call);
      },
      [Symbol.dispose]: () => client.close(),
    };
  }
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : prefix + text;
}

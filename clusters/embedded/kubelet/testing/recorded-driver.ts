import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, rename, rm, rmdir, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { type Clock, Scope } from "../../../../core/index.ts";
import { Identity, Node, NodeServiceCapability_RPC_Type } from "../../../../wire/gen/csi_pb.ts";
import { Registration } from "../../../../wire/gen/registration_pb.ts";
import { GrpcError, GrpcStatus, service, startGrpcServer } from "../../../../wire/grpc/index.ts";
import type { ServerCall } from "../../../../wire/grpc/server.ts";
import type { NodePaths } from "../../../cluster.ts";
import { markedMounts, type TargetMounts } from "./target-mounts.ts";

/** One call that arrived at the driver, as the recordings have it. */
export type DriverCall = {
  readonly driver: string;
  readonly method: string;
  readonly at: number;
  readonly request: Record<string, unknown>;
  readonly before: string;
  readonly deadlineMs: number | undefined;
  readonly step: string;
  code: string;
  after: string;
  endedAt: number;
};

export type RecordedDriverSpec = {
  readonly clock: Clock;
  readonly paths: NodePaths;
  readonly name: string;
  readonly flags: ReadonlyMap<string, string>;
  /** How many calls of each volume were made, kept by who outlives a driver's process. */
  readonly calls: DriverCall[];
  /** Marked folders by default. */
  readonly mounts?: TargetMounts;
};

const CAPABILITIES: Record<string, NodeServiceCapability_RPC_Type> = {
  VOLUME_MOUNT_GROUP: NodeServiceCapability_RPC_Type.VOLUME_MOUNT_GROUP,
  SINGLE_NODE_MULTI_WRITER: NodeServiceCapability_RPC_Type.SINGLE_NODE_MULTI_WRITER,
  GET_VOLUME_STATS: NodeServiceCapability_RPC_Type.GET_VOLUME_STATS,
};

/** The driver of the recordings: it does what the attributes of a volume, and the experimenter, tell it. */
export class RecordedDriver implements AsyncDisposable {
  readonly #spec: RecordedDriverSpec;
  readonly #scope = new Scope("recorded driver");
  readonly #steps = new Map<string, string[]>();
  readonly #sockets: { csi: string; registration: string };
  readonly #mounts: TargetMounts;
  #isOver = false;
  control: Readonly<Record<string, string>> = {};

  constructor(spec: RecordedDriverSpec) {
    this.#spec = spec;
    const folder = join(dirname(spec.paths.driverPluginDir), spec.name);
    this.#mounts = spec.mounts ?? markedMounts(join(folder, ".covered"));
    this.#sockets = {
      csi: join(folder, "csi.sock"),
      registration: join(spec.paths.pluginsRegistry, `${spec.name}-reg.sock`),
    };
  }

  get registrationSocket(): string {
    return this.#sockets.registration;
  }

  async start(): Promise<void> {
    const { clock, name, flags } = this.#spec;
    await mkdir(dirname(this.#sockets.csi), { recursive: true });
    const csi = await (flags.get("csisock") === "False"
      ? { [Symbol.asyncDispose]: async () => {} }
      : startGrpcServer({
          clock,
          name: "driver",
          listen: { path: this.#inner("csi") },
          services: [
            service(Identity, { getPluginInfo: () => ({ name, vendorVersion: "1" }) }),
            service(Node, {
              nodeGetInfo: (_, call) =>
                this.#note("NodeGetInfo", {}, call, "", () => this.#controlled("info", call, { nodeId: "node-id-1" })),
              nodeGetCapabilities: (_, call) =>
                this.#note("NodeGetCapabilities", {}, call, "", () =>
                  this.#controlled("getcaps", call, { capabilities: this.#capabilities() }),
                ),
              nodePublishVolume: (request, call) =>
                this.#note("NodePublishVolume", plain(request), call, request.targetPath, (entry) =>
                  this.#publish(entry, request.targetPath, request.volumeContext, request.secrets, call),
                ),
              nodeUnpublishVolume: (request, call) =>
                this.#note("NodeUnpublishVolume", plain(request), call, request.targetPath, (entry) =>
                  this.#unpublish(entry, request.targetPath, request.volumeId, call),
                ),
              nodeGetVolumeStats: (request, call) =>
                this.#note("NodeGetVolumeStats", plain(request), call, "", () => ({ usage: [{ total: 1n, unit: 1 }] })),
            }),
          ],
        }));
    const registration = await startGrpcServer({
      clock,
      name: "registration",
      listen: { path: this.#inner("registration") },
      services: [
        service(Registration, {
          getInfo: (_, call) =>
            this.#note("GetInfo", {}, call, "", () =>
              this.#controlled("regGetInfo", call, {
                type: "CSIPlugin",
                name: flags.get("regname") ?? name,
                endpoint: this.#sockets.csi,
                supportedVersions: (flags.get("versions") ?? "1.0.0")
                  .split(",")
                  .filter(
                    (version) => flags.get("versions") === undefined || version !== "" || flags.get("versions") === "",
                  ),
              }),
            ),
          notifyRegistrationStatus: (request, call) =>
            this.#note("NotifyRegistrationStatus", plain(request), call, "", () =>
              this.#controlled("regNotifyRegistrationStatus", call, {}),
            ),
        }),
      ],
    });
    this.#scope.use(csi);
    this.#scope.use(registration);
    if (flags.get("csisock") !== "False") await this.#forward(this.#sockets.csi, this.#inner("csi"));
    await this.#forward(this.#sockets.registration, this.#inner("registration"));
  }

  #inner(which: string): string {
    return join(dirname(this.#sockets.csi), `.${which}`);
  }

  /**
   * What the world sees of a socket: connections can be cut as a process's death cuts them. The file is a second name of
   * the socket that is listened on, for a server that closes removes its own: a killed driver's stays where it is, and
   * kubelet, which watches the folder, sees nothing of its death.
   */
  async #forward(path: string, inner: string): Promise<void> {
    await rm(path, { force: true });
    const open = new Set<Socket>();
    const server = createServer((outside) => {
      const inside = connect(inner);
      for (const socket of [outside, inside]) {
        open.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          open.delete(socket);
          outside.destroy();
          inside.destroy();
        });
      }
      outside.pipe(inside);
      inside.pipe(outside);
    });
    await new Promise<void>((resolve) => server.listen(`${inner}-outside`, resolve));
    this.#scope.defer("forward", async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    });
    await link(`${inner}-outside`, path);
  }

  /** SIGTERM: both sockets are closed and gone. SIGKILL leaves the files. */
  async stop(signal: string): Promise<void> {
    for (const call of this.#spec.calls) if (call.driver === this.#spec.name && call.code === "") call.code = "cut";
    if (signal !== "SIGKILL") await this.#removeSockets();
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#removeSockets();
    await this.#end();
  }

  async #removeSockets(): Promise<void> {
    for (const path of Object.values(this.#sockets)) await rm(path, { force: true });
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    await this.#scope[Symbol.asyncDispose]();
  }

  #capabilities(): object[] {
    const caps = (this.#spec.flags.get("caps") ?? "").split(",").filter((cap) => cap in CAPABILITIES);
    return caps.map((cap) => ({ type: { case: "rpc", value: { type: CAPABILITIES[cap] } } }));
  }

  async #controlled<T>(key: string, call: ServerCall, reply: T): Promise<T> {
    const step = this.control[key] ?? "ok";
    if (step.startsWith("delay:")) await this.#hold(call, Number(step.slice(6)) * 1000);
    if (step.startsWith("fail:")) throw failure(step.slice(5));
    return reply;
  }

  /** Sleeps whatever the caller says: also when the call was given up. */
  async #hold(call: ServerCall, ms: number): Promise<void> {
    call.activity.park();
    call.signal.addEventListener("abort", () => call.activity.park(), { once: true });
    try {
      await this.#spec.clock.sleep(ms);
      if (this.#isOver) throw new GrpcError(GrpcStatus.UNAVAILABLE, "the process is gone");
    } finally {
      call.activity.unpark();
    }
  }

  async #note<T>(
    method: string,
    request: Record<string, unknown>,
    call: ServerCall,
    target: string,
    work: (entry: DriverCall) => T | Promise<T>,
  ): Promise<T> {
    const { clock, name, calls } = this.#spec;
    const entry: DriverCall = {
      driver: name,
      method,
      at: clock.now(),
      request,
      before: await describe(target, this.#mounts),
      deadlineMs: call.deadline?.remaining(),
      step: "",
      code: "",
      after: "",
      endedAt: 0,
    };
    calls.push(entry);
    try {
      const reply = await work(entry);
      if (entry.code === "") entry.code = "OK";
      return reply;
    } catch (error) {
      if (entry.code === "") entry.code = error instanceof GrpcError ? error.codeName : "Unknown";
      throw error;
    } finally {
      if (entry.code !== "cut") entry.after = await describe(target, this.#mounts);
      entry.endedAt = clock.now();
    }
  }

  /** The next behaviour of a volume: one a call, the last one again and again. */
  #next(key: string, text: string): string {
    const steps =
      this.#steps.get(key) ??
      text.split(",").flatMap((step) => {
        const [what = "", times = "1"] = step.split("*");
        return Array.from({ length: Number(times) }, () => what);
      });
    this.#steps.set(key, steps);
    return (steps.length > 1 ? steps.shift() : steps[0]) ?? "ok";
  }

  async #publish(
    entry: DriverCall,
    target: string,
    context: Record<string, string>,
    secrets: Record<string, string>,
    call: ServerCall,
  ): Promise<object> {
    this.#attributes.set(target, context);
    const step = this.control["pub"] ?? this.#next(`pub ${target}`, context["pub"] ?? "ok");
    (entry as { step: string }).step = step;
    const [kind = "", value = ""] = step.split(":");
    if (kind === "delay") await this.#hold(call, Number(value) * 1000);
    else if (kind === "hang") await this.#hang(call);
    else if (kind !== "ok") {
      if (kind === "dfail" || kind === "ffail") await mkdir(target, { recursive: true });
      if (kind === "ffail") await writeFile(join(target, "left"), "left");
      if (kind === "mfail") await this.#mount(target, context, secrets);
      if (kind === "ufail" || kind === "urfail") await this.#unmount(target, kind === "urfail");
      throw failure(value);
    }
    await this.#mount(target, context, secrets);
    return {};
  }

  readonly #attributes = new Map<string, Record<string, string>>();

  async #unpublish(entry: DriverCall, target: string, _id: string, call: ServerCall): Promise<object> {
    const step =
      this.control["unpub"] ?? this.#next(`unpub ${target}`, this.#attributes.get(target)?.["unpub"] ?? "ok");
    (entry as { step: string }).step = step;
    const [kind = "", value = ""] = step.split(":");
    if (kind === "fail") throw failure(value);
    if (kind === "delay") await this.#hold(call, Number(value) * 1000);
    if (kind === "hang") await this.#hang(call);
    if (kind !== "lie") await this.#unmount(target, kind !== "keepdir");
    return {};
  }

  async #hang(call: ServerCall): Promise<never> {
    call.activity.park();
    await new Promise<void>((resolve) => {
      if (call.signal.aborted) resolve();
      else call.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    throw new GrpcError(GrpcStatus.CANCELLED, "context canceled");
  }

  async #unmount(target: string, isRemoved: boolean): Promise<void> {
    if (await this.#mounts.isMounted(target)) await this.#mounts.unmount(target);
    if (isRemoved) await rmdir(target).catch(() => undefined);
  }

  async #mount(target: string, context: Record<string, string>, _secrets: Record<string, string>): Promise<void> {
    await mkdir(target, { recursive: true, mode: 0o755 });
    if (!(await this.#mounts.isMounted(target))) await this.#mounts.mount(target);
    const count = 1 + Number(await readFile(join(target, "publish-count"), "utf8").catch(() => "0"));
    await writeFile(join(target, "publish-count"), String(count));
    await writeFile(join(target, "secret"), `value ${count}`, { mode: 0o600 });
    if (context["subdir"] !== undefined) {
      await mkdir(join(target, "sub"), { recursive: true });
      await writeFile(join(target, "sub", "file"), "deep");
    }
    if (context["rotate"] === "symlink") {
      const data = `..v${count}`;
      await mkdir(join(target, data), { recursive: true });
      await writeFile(join(target, data, "key"), `value ${count}`);
      await rm(join(target, "..tmp"), { force: true });
      await symlink(data, join(target, "..tmp"));
      await rename(join(target, "..tmp"), join(target, "..data"));
      if (!existsSync(join(target, "key"))) await symlink("..data/key", join(target, "key"));
    }
  }
}

function failure(code: string): GrpcError {
  const name = code === "CANCELED" ? "CANCELLED" : code;
  return new GrpcError(GrpcStatus[name as keyof typeof GrpcStatus] as number, `told to fail with ${code}`);
}

async function describe(target: string, mounts: TargetMounts): Promise<string> {
  if (target === "") return "";
  if (!existsSync(target)) return existsSync(dirname(target)) ? "absent" : "no parent";
  if (await mounts.isMounted(target)) return "mount";
  return (await readdir(target)).length === 0 ? "empty dir" : "dir";
}

function plain(message: object): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(message, (key, value) =>
      key.startsWith("$") ? undefined : typeof value === "bigint" ? String(value) : value,
    ),
  );
}

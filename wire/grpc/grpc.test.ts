import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RealClock, seconds, VirtualClock } from "../../core/index.ts";
import { CSIDriverProvider } from "../gen/provider_pb.ts";
import {
  GrpcError,
  type GrpcExchange,
  type GrpcServerOptions,
  grpcClient,
  type Handlers,
  type RunningGrpcServer,
  rawReply,
  type ServerCall,
  service,
  startGrpcServer,
} from "./index.ts";

const clock = new RealClock();
let folder: string;
let running: RunningGrpcServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mp-grpc-"));
  running = [];
});
afterEach(async () => {
  for (const server of running) await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const socket = (): { path: string } => ({ path: join(folder, "p.sock") });

async function serve(
  handlers: Handlers<typeof CSIDriverProvider>,
  options: Partial<GrpcServerOptions> = {},
): Promise<RunningGrpcServer> {
  const server = await startGrpcServer({
    clock,
    name: "test",
    listen: socket(),
    services: [service(CSIDriverProvider, handlers)],
    ...options,
  });
  running.push(server);
  return server;
}

describe("a call over a Unix socket", () => {
  test("carries request, response, authority and deadline", async () => {
    let seen: ServerCall | undefined;
    await serve({
      mount: (request, call) => {
        seen = call;
        return { files: [{ path: request.targetPath, mode: 420, contents: new Uint8Array([1]) }] };
      },
    });
    using client = grpcClient(CSIDriverProvider, { clock, target: socket() });
    const reply = await client.mount({ targetPath: "a" }, { deadlineMs: seconds(120), metadata: { trace: "t1" } });
    expect(reply.files.map(({ path, mode }) => ({ path, mode }))).toEqual([{ path: "a", mode: 420 }]);
    expect(seen?.authority).toBe("localhost");
    expect(seen?.method).toBe("/v1alpha1.CSIDriverProvider/Mount");
    expect(seen?.metadata.get("trace")).toBe("t1");
    expect(seen?.deadline?.at).toBeGreaterThan(clock.now() + seconds(119));
  });

  test("brings code and text through, whatever they are", async () => {
    for (const code of [1, 2, 5, 13, 14, 16, 77]) {
      const server = await serve({ version: () => Promise.reject(new GrpcError(code, `größer: "${code}"\n`)) });
      using client = grpcClient(CSIDriverProvider, { clock, target: socket() });
      const error = await client.version({}).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, details: `größer: "${code}"\n`, connected: true });
      await server[Symbol.asyncDispose]();
    }
  });

  test("answers UNIMPLEMENTED where no handler stands and UNKNOWN for any other throw", async () => {
    await serve({
      mount: () => {
        throw new TypeError("boom");
      },
    });
    using client = grpcClient(CSIDriverProvider, { clock, target: socket() });
    await expect(client.version({})).rejects.toMatchObject({ code: 12, codeName: "Unimplemented" });
    await expect(client.mount({})).rejects.toMatchObject({ code: 2, details: "boom" });
  });

  test("sends raw bytes, and says INTERNAL when they are no message", async () => {
    await serve({ version: () => rawReply(new Uint8Array([0xff, 0xff, 0xff])) });
    using client = grpcClient(CSIDriverProvider, { clock, target: socket() });
    await expect(client.version({})).rejects.toMatchObject({ code: 13 });
  });

  test("refuses a reply over the limit with RESOURCE_EXHAUSTED", async () => {
    await serve({ mount: () => ({ files: [{ path: "big", contents: new Uint8Array(5000) }] }) });
    using client = grpcClient(CSIDriverProvider, { clock, target: socket(), maxReceiveBytes: 1000 });
    await expect(client.mount({})).rejects.toMatchObject({ code: 8 });
  });

  test("a missing socket is UNAVAILABLE and never connected; the next call dials at once", async () => {
    using client = grpcClient(CSIDriverProvider, { clock, target: socket() });
    await expect(client.version({})).rejects.toMatchObject({ code: 14, connected: false });
    const server = await serve({ version: () => ({ version: "v1alpha1" }) });
    expect((await client.version({})).version).toBe("v1alpha1");
    await server[Symbol.asyncDispose]();
    expect(existsSync(socket().path)).toBe(false);
    await expect(client.version({})).rejects.toMatchObject({ code: 14 });
    await serve({ version: () => ({ version: "again" }) });
    expect((await client.version({})).version).toBe("again");
  });

  test("cancelling reaches the handler", async () => {
    const called = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<unknown>();
    await serve({
      mount: (_request, call) => {
        call.signal.addEventListener("abort", () => gone.resolve(call.signal.reason));
        called.resolve();
        return new Promise<never>(() => {});
      },
    });
    using client = grpcClient(CSIDriverProvider, { clock, target: socket() });
    const controller = new AbortController();
    const call = client.mount({}, { signal: controller.signal });
    call.catch(() => {});
    await called.promise;
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 1 });
    expect(await gone.promise).toMatchObject({ code: 1 });
  });

  test("is observed on both sides", async () => {
    const seen: GrpcExchange[] = [];
    const onExchange = (exchange: GrpcExchange): void => void seen.push(exchange);
    await serve({ version: () => Promise.reject(new GrpcError(5, "no")) }, { onExchange });
    using client = grpcClient(CSIDriverProvider, { clock, target: socket(), onExchange, connectionPerCall: true });
    await client.version({}, { deadlineMs: 5000 }).catch(() => {});
    expect(seen.map(({ side, method, code, details }) => ({ side, method, code, details }))).toEqual([
      { side: "server", method: "Version", code: 5, details: "no" },
      { side: "client", method: "Version", code: 5, details: "no" },
    ]);
  });

  test("a socket path that is too long names itself", async () => {
    const listen = { path: join(folder, "x".repeat(120)) };
    await expect(serve({}, { listen })).rejects.toThrow(/at most 107 fit/);
  });
});

describe("in virtual time", () => {
  test("a hang lets the clock reach the deadline, through every caller in between", async () => {
    const virtual = new VirtualClock(0);
    const aborted: string[] = [];
    await serve(
      {
        mount: (_request, call) =>
          new Promise((_, reject) => {
            call.activity.park();
            call.signal.addEventListener("abort", () => {
              aborted.push(`provider at ${virtual.now()}`);
              reject(call.signal.reason);
            });
          }),
      },
      { clock: virtual },
    );
    const inner = grpcClient(CSIDriverProvider, { clock: virtual, target: socket() });
    const outerPath = { path: join(folder, "outer.sock") };
    const outer = await startGrpcServer({
      clock: virtual,
      name: "outer",
      listen: outerPath,
      services: [
        service(CSIDriverProvider, { mount: (request, call) => inner.mount(request, { signal: call.signal }) }),
      ],
    });
    running.push(outer);
    const client = grpcClient(CSIDriverProvider, { clock: virtual, target: outerPath });
    const call = client.mount({}, { deadlineMs: seconds(120) });
    const outcome = call.catch((error: unknown) => `${error} at ${virtual.now()}`);
    await virtual.advance(seconds(119));
    expect(aborted).toEqual([]);
    await virtual.advance(seconds(2));
    expect(await outcome).toBe("rpc error: code = DeadlineExceeded desc = context deadline exceeded at 120000");
    expect(aborted).toEqual(["provider at 120000"]);
    expect(virtual.activity.describe()).toEqual([]);
    client.close();
    inner.close();
  });
});

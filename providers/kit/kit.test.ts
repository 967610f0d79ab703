import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Clock, RealClock, Scope, seconds, silentLog, VirtualClock, waiting } from "../../core/index.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { type GrpcClient, GrpcError, GrpcStatus, grpcClient } from "../../wire/grpc/index.ts";
import {
  fetchAll,
  type MountContext,
  type Mounted,
  type MountRequest,
  type Provider,
  ProviderCrash,
  permissionOf,
  podOf,
  startProvider,
  stringMap,
  tokensOf,
} from "./index.ts";

const clock = new RealClock();
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tasks that end when they are told to. */
class Gates {
  readonly begun: number[] = [];
  atOnce = 0;
  #running = 0;
  readonly #gates = new Map<number, PromiseWithResolvers<string>>();

  readonly task = async (item: number): Promise<string> => {
    this.begun.push(item);
    this.atOnce = Math.max(this.atOnce, ++this.#running);
    const gate = Promise.withResolvers<string>();
    this.#gates.set(item, gate);
    return await gate.promise.finally(() => this.#running--);
  };

  async end(item: number, error?: Error): Promise<void> {
    const gate = this.#gates.get(item);
    if (gate === undefined) throw new Error(`task ${item} has not begun`);
    if (error === undefined) gate.resolve(`r${item}`);
    else gate.reject(error);
    await settled();
  }
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe("fetchAll", () => {
  test("hardened: runs eight at once, begins the next as one ends, and keeps the list's order", async () => {
    const gates = new Gates();
    const all = fetchAll(range(10), "hardened", gates.task);
    await settled();
    expect(gates.begun).toEqual(range(8));
    await gates.end(7);
    expect(gates.begun).toEqual(range(9));
    for (const item of [8, 9, 6, 5, 4, 3, 2, 1, 0]) await gates.end(item);
    expect(await all).toEqual(range(10).map((item) => `r${item}`));
    expect(gates.atOnce).toBe(8);
  });

  test("upstream: runs one after the other and stops at the first error", async () => {
    const gates = new Gates();
    const all = fetchAll(range(4), "upstream", gates.task).catch((error: Error) => error.message);
    await settled();
    await gates.end(0);
    await gates.end(1, new Error("second"));
    expect(await all).toBe("second");
    expect(gates.begun).toEqual([0, 1]);
    expect(gates.atOnce).toBe(1);
  });

  test("hardened: reports the first error in the list's order, whichever came first, and begins nothing behind it", async () => {
    const gates = new Gates();
    const all = fetchAll(range(20), "hardened", gates.task).catch((error: Error) => error.message);
    await settled();
    await gates.end(6, new Error("seventh"));
    await gates.end(2, new Error("third"));
    await gates.end(4, new Error("fifth"));
    for (const item of [0, 1, 3, 5, 7]) await gates.end(item);
    expect(await all).toBe("third");
    expect(gates.begun).toEqual(range(8));
  });

  test.each(["hardened", "upstream"] as const)("%s: asks for each item once", async (behaviour) => {
    const asked: number[] = [];
    await fetchAll(range(30), behaviour, async (item) => asked.push(item));
    expect(asked.toSorted((a, b) => a - b)).toEqual(range(30));
    expect(await fetchAll([], behaviour, async () => 1)).toEqual([]);
  });
});

describe("what the driver sends, read as Go reads it", () => {
  test.each([
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ["nonsense", "invalid character 'o' in literal null (expecting 'u')"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["[]", "json: cannot unmarshal array into Go value of type map[string]string"],
    ['{"a":1}', "json: cannot unmarshal number into Go value of type string"],
    ['{"a":true}', "json: cannot unmarshal bool into Go value of type string"],
  ])("attributes %j are refused", (text, message) => {
    expect(() => stringMap(text)).toThrow(new Error(message));
  });

  test("attributes that are null hold nothing; an entry that is null is empty", () => {
    expect(stringMap("null").size).toBe(0);
    expect([...stringMap('{"a":null,"b":"x"}')]).toEqual([
      ["a", ""],
      ["b", "x"],
    ]);
  });

  test.each([
    ["0o644", "invalid character 'o' after top-level value"],
    ['"420"', "json: cannot unmarshal string into Go value of type fs.FileMode"],
    ["-1", "json: cannot unmarshal number -1 into Go value of type fs.FileMode"],
    ["4294967296", "json: cannot unmarshal number 4294967296 into Go value of type fs.FileMode"],
  ])("permission %j is refused", (text, message) => {
    expect(() => permissionOf(text)).toThrow(new Error(message));
  });

  test("permission is a decimal number", () => {
    expect(permissionOf("420")).toBe(0o644);
    expect(permissionOf("null")).toBe(0);
  });

  test("the pod and its tokens come from the volume context, and tokens in the secrets win", () => {
    const tokens = (token: string): [string, string] => [
      "csi.storage.k8s.io/serviceAccount.tokens",
      JSON.stringify({ vault: { token } }),
    ];
    const attributes = new Map([
      ["csi.storage.k8s.io/pod.name", "p"],
      ["csi.storage.k8s.io/serviceAccount.name", "app"],
      tokens("a"),
    ]);
    expect(podOf(attributes)).toEqual({ name: "p", namespace: "", uid: "", serviceAccount: "app" });
    expect(tokensOf(attributes).get("vault")).toBe("a");
    expect(tokensOf(attributes, new Map([tokens("b")])).get("vault")).toBe("b");
    expect(tokensOf(new Map()).size).toBe(0);
    expect(() => tokensOf(new Map([["csi.storage.k8s.io/serviceAccount.tokens", "{"]]))).toThrow(
      "unexpected end of JSON input",
    );
  });
});

describe("a served provider", () => {
  let scope: Scope;
  let folder: string;
  beforeEach(() => {
    scope = new Scope("test");
    folder = mkdtempSync(join(tmpdir(), "mp-kit-"));
  });
  afterEach(async () => {
    await scope[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(
    mount: (request: MountRequest, context: MountContext) => Promise<Mounted>,
    onCrash: (why: string) => void = () => {},
    on: Clock = clock,
  ): Promise<GrpcClient<typeof CSIDriverProvider>> {
    const provider: Provider = {
      runtimeName: "test",
      runtimeVersion: "1",
      mount,
      [Symbol.asyncDispose]: async () => {},
    };
    const path = join(folder, "p.sock");
    scope.use(await startProvider({ clock: on, log: silentLog, endpoint: `unix://${path}`, provider, onCrash }));
    const client = grpcClient(CSIDriverProvider, { clock: on, target: { path } });
    scope.defer("client", () => client.close());
    return client;
  }

  /** A mount that ends only when it is told to give up. */
  function untilAborted() {
    const begun = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const mount = (_request: MountRequest, { signal }: MountContext): Promise<Mounted> => {
      begun.resolve();
      return new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          aborted.resolve();
          reject(signal.reason);
        }),
      );
    };
    return { mount, begun: begun.promise, aborted: aborted.promise };
  }

  test("gives up with the caller's deadline", async () => {
    const virtual = new VirtualClock(0);
    const { mount, begun, aborted } = untilAborted();
    const client = await serve(
      (request, context) => waiting(virtual, "a slow store", () => mount(request, context)),
      () => {},
      virtual,
    );
    const call = client.mount({}, { deadlineMs: seconds(120) }).catch((error: GrpcError) => error.code);
    await begun;
    await virtual.advance(seconds(120));
    expect(await call).toBe(GrpcStatus.DEADLINE_EXCEEDED);
    await aborted;
  });

  test("gives up when the caller cancels", async () => {
    const { mount, begun, aborted } = untilAborted();
    const client = await serve(mount);
    const cancel = new AbortController();
    const call = client.mount({}, { signal: cancel.signal }).catch((error: GrpcError) => error.code);
    await begun;
    cancel.abort();
    expect(await call).toBe(GrpcStatus.CANCELLED);
    await aborted;
  });

  test("answers an error without a code with UNKNOWN and its text, one with a code as it is", async () => {
    const client = await serve(async ({ targetPath }) => {
      throw targetPath === "" ? new Error("plain words") : new GrpcError(GrpcStatus.NOT_FOUND, "no such object");
    });
    await expect(client.mount({})).rejects.toMatchObject({ code: GrpcStatus.UNKNOWN, details: "plain words" });
    await expect(client.mount({ targetPath: "/t" })).rejects.toMatchObject({
      code: GrpcStatus.NOT_FOUND,
      details: "no such object",
    });
  });

  test("that crashes is gone: every call under way loses the connection, and nobody serves the socket", async () => {
    const { mount: hang, begun } = untilAborted();
    const died = Promise.withResolvers<string>();
    const client = await serve(async (request, context) => {
      if (request.targetPath === "/hangs") return await hang(request, context);
      throw new ProviderCrash("nil pointer");
    }, died.resolve);
    const other = client.mount({ targetPath: "/hangs" }).catch((error: GrpcError) => error.code);
    await begun;
    await expect(client.mount({})).rejects.toMatchObject({ code: GrpcStatus.UNAVAILABLE });
    expect(await other).toBe(GrpcStatus.UNAVAILABLE);
    expect(await died.promise).toBe("nil pointer");
    await expect(client.version({})).rejects.toMatchObject({ code: GrpcStatus.UNAVAILABLE });
    await scope[Symbol.asyncDispose]();
    expect(existsSync(join(folder, "p.sock"))).toBe(false);
  });

  test.each(["relative.sock", "tcp://127.0.0.1:1"])("is not started on %j", async (endpoint) => {
    const provider: Provider = {
      runtimeName: "test",
      runtimeVersion: "",
      mount: async () => ({ files: [], versions: [] }),
      [Symbol.asyncDispose]: async () => {},
    };
    await expect(startProvider({ clock, log: silentLog, endpoint, provider })).rejects.toMatchObject({
      code: "invalid_config",
    });
  });
});

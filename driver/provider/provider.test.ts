import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seconds, seededRandom, VirtualClock } from "../../core/index.ts";
import { MountResponseSchema } from "../../wire/gen/provider_pb.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import { rulesOf } from "../behaviour.ts";
import { RECONNECT, RETRY, waitOf } from "./backoff.ts";
import { callProvider } from "./call.ts";
import { providerFolders, socketOf } from "./lookup.ts";
import { judgeReply } from "./reply.ts";

describe("a provider's socket", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mp-look-"));
    for (const name of ["one", "two"]) mkdirSync(join(folder, name));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const touch = (...parts: string[]): void => writeFileSync(join(folder, ...parts), "");

  test("is the first that is there, in search order", () => {
    const folders = providerFolders(join(folder, "two"), join(folder, "one"));
    touch("two", "p.sock");
    expect(socketOf("p", folders)).toBe(join(folder, "two", "p.sock"));
    touch("one", "p.sock");
    expect(socketOf("p", folders)).toBe(join(folder, "one", "p.sock"));
    expect(() => socketOf("P", folders)).toThrow('provider not found: provider "P"');
  });

  test.each(["a/b", "../prov/scripted", "x".repeat(31), "a.b", "a b", "ünï", "a\n"])(
    "named %j is never looked for",
    (name) => {
      expect(() => socketOf(name, [folder])).toThrow(`invalid provider: provider ${JSON.stringify(name)}`);
    },
  );

  test("list entries are not trimmed, the list is; an empty list is the working directory", () => {
    expect(providerFolders("/p", " /a ,/b ")).toEqual(["/a ", "/b", "/p"]);
    expect(providerFolders("/p", "")).toEqual(["", "/p"]);
  });
});

describe("a call", () => {
  const start = (signal = new AbortController().signal) => {
    const clock = new VirtualClock(0);
    return { clock, random: seededRandom(3), signal };
  };
  const drive = async <T>(clock: VirtualClock, call: Promise<T>): Promise<T> => {
    let isOver = false;
    const done = call.finally(() => {
      isOver = true;
    });
    done.catch(() => {});
    await clock.advanceUntil(() => isOver, seconds(600));
    return await done;
  };

  test("answered UNAVAILABLE is repeated twice, about a second apart", async () => {
    const context = start();
    const at: number[] = [];
    const answer = drive(
      context.clock,
      callProvider(async () => {
        at.push(context.clock.now());
        if (at.length < 3) throw new GrpcError(GrpcStatus.UNAVAILABLE, "busy");
        return "ok";
      }, context),
    );
    expect(await answer).toBe("ok");
    expect(at[1]).toBeGreaterThanOrEqual(800);
    expect(at[1]).toBeLessThanOrEqual(1200);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(880);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeLessThanOrEqual(1320);
  });

  test("gives up after three answers, and at once for any other code", async () => {
    for (const [code, attempts] of [
      [GrpcStatus.UNAVAILABLE, 3],
      [GrpcStatus.INTERNAL, 1],
    ] as const) {
      const context = start();
      let calls = 0;
      const failing = (): Promise<never> => {
        calls++;
        return Promise.reject(new GrpcError(code, "no"));
      };
      await expect(drive(context.clock, callProvider(failing, context))).rejects.toMatchObject({ code });
      expect(calls).toBe(attempts);
    }
  });

  test("without a listener is waited for until somebody comes", async () => {
    const context = start();
    let calls = 0;
    const attempt = async (): Promise<string> => {
      if (++calls < 6) throw new GrpcError(GrpcStatus.UNAVAILABLE, "No connection established", { connected: false });
      return "there";
    };
    expect(await drive(context.clock, callProvider(attempt, context))).toBe("there");
    expect(context.clock.now()).toBeGreaterThan(seconds(8));
  });

  test("ends when its deadline passes while it waits", async () => {
    const clock = new VirtualClock(0);
    using deadline = clock.deadline(seconds(5));
    const context = { clock, random: seededRandom(3), signal: deadline.signal };
    const refused = (): Promise<never> =>
      Promise.reject(new GrpcError(GrpcStatus.UNAVAILABLE, "No connection established", { connected: false }));
    await expect(drive(clock, callProvider(refused, context))).rejects.toMatchObject({
      code: GrpcStatus.DEADLINE_EXCEEDED,
    });
    expect(clock.now()).toBe(seconds(5));
  });

  test("words an answer that is too large as go-grpc does", async () => {
    const context = start();
    const details = "Received message larger than max (5242906 vs 4194304)";
    const attempt = (): Promise<never> => Promise.reject(new GrpcError(GrpcStatus.RESOURCE_EXHAUSTED, details));
    await expect(callProvider(attempt, context)).rejects.toMatchObject({
      details: "grpc: received message larger than max (5242906 vs. 4194304)",
    });
  });

  test("waits longer each time, within a fifth, up to a limit", () => {
    const middle = { ...seededRandom(1), next: () => 0.5 };
    expect([0, 1, 2, 100].map((round) => Math.round(waitOf(RETRY, round, middle)))).toEqual([1000, 1100, 1210, 10_000]);
    expect([0, 1, 100].map((round) => Math.round(waitOf(RECONNECT, round, middle)))).toEqual([1000, 1600, 120_000]);
  });
});

describe("an answer", () => {
  const hardened = rulesOf("hardened");
  test("with an error code fails, whatever else is in it", () => {
    const response = create(MountResponseSchema, {
      error: { code: "E1" },
      objectVersion: [{ id: "a" }],
      files: [{ path: "a" }],
    });
    expect(judgeReply(response, hardened)).toEqual({
      kind: "failed",
      message: "mount request failed with provider error code E1",
      errorType: "E1",
    });
  });

  test("without versions fails, files or not", () => {
    const response = create(MountResponseSchema, { files: [{ path: "a" }] });
    expect(judgeReply(response, hardened)).toMatchObject({ kind: "failed", message: "missing object versions" });
  });

  test("keeps the last of two files with one path and of two versions with one id, sorted by bytes", () => {
    const response = create(MountResponseSchema, {
      error: { code: "" },
      files: [
        { path: "a", mode: 0o600, contents: Buffer.from("first") },
        { path: "a", mode: 0o640, contents: Buffer.from("last") },
      ],
      objectVersion: [
        { id: "b", version: "1" },
        { id: "B", version: "2" },
        { id: "b", version: "3" },
      ],
    });
    const reply = judgeReply(response, hardened);
    if (reply.kind !== "content") throw new Error("expected content");
    const seen = [...reply.payload].map(([path, { mode, contents }]) => [path, mode, Buffer.from(contents).toString()]);
    expect(seen).toEqual([["a", 0o640, "last"]]);
    expect(reply.versions).toEqual([
      { id: "B", version: "2" },
      { id: "b", version: "3" },
    ]);
  });
});

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { seconds } from "../core/index.ts";
import { GrpcError, GrpcStatus } from "../wire/grpc/index.ts";
import { files } from "../wire/scripted-provider.ts";
import { NODE_LABEL } from "./publish/status.ts";
import { INTERVAL_MS, NAMESPACE, Rig, type RigOptions } from "./testing/rig.ts";

let rig: Rig | undefined;
const start = async (options: RigOptions = {}): Promise<Rig> => {
  rig = await Rig.start(options);
  return rig;
};
afterEach(async () => {
  await rig?.[Symbol.asyncDispose]();
  rig = undefined;
});
const rotating = { enableSecretRotation: true };
const OK = { code: "OK", message: "" };

describe("rotation", () => {
  test.each(["hardened", "upstream-1.6"] as const)(
    "asks again after the interval, not before: %s",
    async (behaviour) => {
      const r = await start({ ...rotating, behaviour });
      await r.publish();
      r.provider.answers(files({ a: "two", b: "new" }, "2"));
      await r.pass(INTERVAL_MS - seconds(5));
      expect(await r.publish()).toEqual(OK);
      expect(r.files()).toEqual({ a: "one" });
      await r.pass(seconds(6));
      expect(await r.publish()).toEqual(OK);
      expect(r.files()).toEqual({ a: "two", b: "new" });
      expect(r.status()).toMatchObject({ status: { objects: [{ id: "a", version: "2" }] } });
      const labels = { provider: "scripted", os_type: "linux", rotated: "true" };
      expect(r.driver.metrics.value("rotation_reconcile_total", labels)).toBe(1);
      expect(r.driver.metrics.value("rotation_reconcile_duration_sec", { os_type: "linux" })).toBe(1);
    },
  );

  test("counts from the last publish that succeeded: a failed one is due again at once", async () => {
    const r = await start(rotating);
    await r.publish();
    await r.pass(INTERVAL_MS);
    r.provider.answers(new GrpcError(GrpcStatus.INTERNAL, "x"), files({ a: "healed" }, "2"));
    expect(await r.publish()).toEqual(OK);
    expect(r.files()).toEqual({ a: "one" });
    expect(await r.publish()).toEqual(OK);
    expect(r.files()).toEqual({ a: "healed" });
  });

  test("that fails is masked, and told to metrics and to the pod", async () => {
    const r = await start(rotating);
    await r.publish();
    await r.pass(INTERVAL_MS);
    r.provider.answers(new GrpcError(GrpcStatus.INTERNAL, "store is down"));
    expect(await r.publish()).toEqual(OK);
    expect(r.files()).toEqual({ a: "one" });
    expect(
      r.driver.metrics.value("rotation_reconcile_error_total", {
        provider: "scripted",
        os_type: "linux",
        rotated: "true",
        error_type: "GRPCProviderError",
      }),
    ).toBe(1);
    await r.pass(0);
    expect(r.api.list("events")).toMatchObject([
      {
        type: "Warning",
        reason: "MountRotationFailed",
        involvedObject: { kind: "Pod", name: "web", uid: "uid-web" },
        message: expect.stringContaining("store is down"),
      },
    ]);
  });

  test("leaves a store alone that asks for fewer calls, and nothing else that fails", async () => {
    const r = await start(rotating);
    await r.publish();
    await r.pass(INTERVAL_MS);
    r.provider.answers(new GrpcError(GrpcStatus.UNKNOWN, "ThrottlingException: Rate exceeded"));
    await r.publish();
    for (let waited = 0; waited < 0.6 * INTERVAL_MS; waited += seconds(20)) {
      await r.pass(seconds(20));
      expect(await r.publish()).toEqual(OK);
    }
    expect(r.provider.mounts).toHaveLength(2);
    r.provider.answers(files({ a: "two" }, "2"));
    await r.pass(INTERVAL_MS);
    await r.publish();
    expect(r.files()).toEqual({ a: "two" });
  });

  test("waits for a throttled store after a restart of the driver too, and stays masked", async () => {
    const r = await start(rotating);
    await r.publish();
    await r.stopDriver();
    await r.startDriver();
    r.provider.answers(new GrpcError(GrpcStatus.RESOURCE_EXHAUSTED, "Quota exceeded"));
    expect(await r.publish()).toEqual(OK);
    expect(await r.publish()).toEqual(OK);
    expect(r.provider.mounts).toHaveLength(2);
    expect(r.files()).toEqual({ a: "one" });
  });

  test("that fails goes to kubelet when it keeps mounts after errors", async () => {
    const r = await start({ ...rotating, republishErrors: "return" });
    await r.publish();
    await r.pass(INTERVAL_MS);
    r.provider.answers(new GrpcError(GrpcStatus.INTERNAL, "x"));
    expect(await r.publish()).toMatchObject({ code: "Internal" });
    expect(r.files()).toEqual({ a: "one" });
  });

  test("with the class gone is masked in hardened and an error upstream; the volume stays", async () => {
    for (const [behaviour, code] of [
      ["hardened", "OK"],
      ["upstream-1.6", "Unknown"],
    ] as const) {
      const r = await start({ ...rotating, behaviour });
      await r.publish();
      r.api.remove("secretproviderclasses", "app", NAMESPACE);
      await r.pass(INTERVAL_MS + seconds(1));
      expect((await r.publish()).code).toBe(code);
      expect(r.isMounted()).toBe(true);
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });

  test("does not write a status that says the same; upstream writes it again", async () => {
    for (const [behaviour, writes] of [
      ["hardened", 0],
      ["upstream-1.6", 2],
    ] as const) {
      const r = await start({ ...rotating, behaviour });
      await r.publish();
      await r.pass(INTERVAL_MS + seconds(1));
      const mark = r.api.requests.length;
      await r.publish();
      await r.pass(0);
      const written = r.api.requests.slice(mark).filter(({ method }) => method !== "GET");
      expect(written).toHaveLength(writes);
      expect(r.provider.mounts).toHaveLength(2);
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });

  test("restores a status object that lost its labels; upstream dies of it", async () => {
    for (const behaviour of ["hardened", "upstream-1.6"] as const) {
      const panics: string[] = [];
      const r = await start({ ...rotating, behaviour, onPanic: (message) => void panics.push(message) });
      await r.publish();
      const status = r.status();
      if (status === undefined) throw new Error("no status");
      const { labels: _, ...metadata } = status.metadata;
      r.api.put("secretproviderclasspodstatuses", { ...status, metadata });
      await r.pass(INTERVAL_MS + seconds(1));
      const outcome = await r.publish();
      if (behaviour === "hardened") {
        expect(outcome).toEqual(OK);
        expect(r.status()?.metadata.labels).toEqual({ [NODE_LABEL]: "node-0" });
      } else {
        expect(outcome.code).toBe("Unavailable");
        expect(panics).toEqual(["assignment to entry in nil map"]);
      }
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });
});

describe("what lies at the target", () => {
  test("a young directory that is no mount is published in hardened, and taken for published upstream (B1)", async () => {
    for (const [behaviour, mounted] of [
      ["hardened", true],
      ["upstream-1.6", false],
    ] as const) {
      const r = await start({ ...rotating, behaviour });
      mkdirSync(r.target());
      expect(await r.publish()).toEqual(OK);
      expect(r.isMounted()).toBe(mounted);
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });

  test("an empty mount left by a killed driver is not taken for a published volume (B20)", async () => {
    for (const [behaviour, seen] of [
      ["hardened", { a: "one" }],
      ["upstream-1.6", {}],
    ] as const) {
      const r = await start({ behaviour });
      mkdirSync(r.target());
      r.mounter.mount(r.target());
      expect(await r.publish()).toEqual(OK);
      expect(r.files()).toEqual(seen);
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });

  test("a published volume outlives the driver: due at once with rotation, left alone without", async () => {
    const r = await start();
    await r.publish();
    await r.stopDriver();
    await r.startDriver();
    expect(await r.publish()).toEqual(OK);
    expect(r.provider.mounts).toHaveLength(1);
    await r.stopDriver();
    await r.startDriver(rotating);
    expect(await r.publish()).toEqual(OK);
    expect(r.provider.mounts).toHaveLength(2);
  });

  test("files that a provider wrote itself count as published after a restart", async () => {
    const r = await start();
    r.provider.answers(({ targetPath }) => {
      writeFileSync(join(targetPath, "own"), "self");
      return { objectVersion: [{ id: "own", version: "1" }] };
    });
    expect(await r.publish()).toEqual(OK);
    await r.stopDriver();
    await r.startDriver();
    expect(await r.publish()).toEqual(OK);
    expect(r.provider.mounts).toHaveLength(1);
    expect(r.files()).toEqual({ own: "self" });
  });

  test("a left-over of a killed writer is removed; upstream fails until unpublish (B8)", async () => {
    for (const [behaviour, content] of [
      ["hardened", "two"],
      ["upstream-1.6", "one"],
    ] as const) {
      const r = await start({ ...rotating, behaviour });
      await r.publish();
      symlinkSync("x", join(r.target(), "..data_tmp"));
      r.provider.answers(files({ a: "two" }, "2"));
      await r.pass(INTERVAL_MS * 2);
      expect(await r.publish()).toEqual(OK);
      expect(r.files()).toEqual({ a: content });
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });

  test("a name may turn from file to directory and back; upstream never gets past it (B7)", async () => {
    for (const behaviour of ["hardened", "upstream-1.6"] as const) {
      const r = await start({ ...rotating, behaviour });
      r.provider.answers(files({ a: "1", "d/y": "2" }));
      await r.publish();
      const before = r.files();
      for (const next of [
        { "a/x": "3", "d/y": "4" },
        { a: "1", d: "6" },
      ]) {
        r.provider.answers(files(next, "2"));
        await r.pass(INTERVAL_MS * 2);
        expect(await r.publish()).toEqual(OK);
        expect(r.files()).toEqual(behaviour === "hardened" ? next : before);
      }
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });
});

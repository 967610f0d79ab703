import { lstatSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { seconds } from "../core/index.ts";
import { files, oneFile } from "../suite/parts/scripted-provider.ts";
import { GrpcError, GrpcStatus } from "../wire/grpc/index.ts";
import { type Behaviour, withDefects } from "./index.ts";
import { NODE_LABEL } from "./publish/status.ts";
import { INTERVAL_MS, NAMESPACE, outcomeOf, Rig, type RigOptions } from "./testing/rig.ts";

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
const BEHAVIOURS: readonly Behaviour[] = ["hardened", "upstream-1.6", "upstream-1.5"];

describe.each(BEHAVIOURS)("a first publish, %s", (behaviour) => {
  test("mounts, writes the provider's files and records the status before it answers", async () => {
    const r = await start({ behaviour });
    r.provider.answers({
      files: [
        { path: "a", mode: 0o400, contents: Buffer.from("one") },
        { path: "d/b", mode: 0o644, contents: Buffer.from([0, 255]) },
      ],
      objectVersion: [
        { id: "z", version: "9" },
        { id: "a", version: "1" },
      ],
    });
    expect(await r.publish()).toEqual(OK);
    expect(r.isMounted()).toBe(true);
    expect(Object.keys(r.files())).toEqual(["a", "d/b"]);
    expect(statSync(join(r.target(), "a")).mode & 0o7777).toBe(0o400);
    expect(r.status()).toMatchObject({
      metadata: {
        labels: { [NODE_LABEL]: "node-0" },
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "web", uid: "uid-web" }],
      },
      status: {
        podName: "web",
        secretProviderClassName: "app",
        targetPath: r.target(),
        mounted: true,
        objects: [
          { id: "a", version: "1" },
          { id: "z", version: "9" },
        ],
      },
    });
    expect(r.provider.mounts[0]?.request).toMatchObject({
      secrets: "null",
      permission: "420",
      currentObjectVersion: [],
    });
    expect(r.driver.metrics.value("node_publish_total", { provider: "scripted", os_type: "linux" })).toBe(1);
  });

  test("that fails in the provider leaves no mount, and the provider's code reaches kubelet", async () => {
    const r = await start({ behaviour });
    r.provider.answers(new GrpcError(GrpcStatus.PERMISSION_DENIED, "not yours"));
    expect(await r.publish()).toEqual({
      code: "PermissionDenied",
      message:
        "failed to mount secrets store objects for pod shop/web, err: rpc error: code = PermissionDenied desc = not yours",
    });
    expect(r.isMounted()).toBe(false);
    expect(r.status()).toBeUndefined();
    r.provider.answers(oneFile());
    utimesSync(r.target(), 0, 0); // whatever the directory's age
    expect(await r.publish()).toEqual(OK);
    expect(r.files()).toEqual({ a: "one" });
  });

  test("whose status cannot be written is undone", async () => {
    const r = await start({ behaviour });
    r.api.refuse(/^POST .*podstatuses/, { code: 403, reason: "Forbidden", message: "you may not" }, 1);
    expect(await r.publish()).toEqual({
      code: "Unknown",
      message: "failed to create secret provider class pod status for pod shop/web, err: you may not",
    });
    expect(r.isMounted()).toBe(false);
  });

  test("is repeated without asking the provider while rotation is off", async () => {
    const r = await start({ behaviour });
    await r.publish();
    await r.provider.stop();
    expect(await r.publish()).toEqual(OK);
    expect(r.provider.mounts).toHaveLength(1);
    expect(r.driver.metrics.value("node_publish_total", { provider: "", os_type: "linux" })).toBe(1);
  });

  test("takes over a status object that another node left", async () => {
    const r = await start({ behaviour });
    r.api.put("secretproviderclasspodstatuses", {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClassPodStatus",
      metadata: {
        name: "web-shop-app",
        namespace: NAMESPACE,
        labels: { [NODE_LABEL]: "other", extra: "mine" },
        annotations: { keep: "me" },
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "web", uid: "old" }],
      },
      status: { secretProviderClassName: "old" },
    });
    expect(await r.publish()).toEqual(OK);
    expect(r.status()).toMatchObject({
      metadata: {
        labels: { [NODE_LABEL]: "node-0", extra: "mine" },
        annotations: { keep: "me" },
        ownerReferences: [{ uid: "uid-web" }],
      },
      status: { secretProviderClassName: "app", mounted: true },
    });
  });
});

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

describe("one volume at a time", () => {
  test("two first publishes at once ask the provider once, in hardened", async () => {
    const r = await start();
    const calls = [outcomeOf(r.node.nodePublishVolume(r.request())), outcomeOf(r.node.nodePublishVolume(r.request()))];
    expect(await r.settle(Promise.all(calls))).toEqual([OK, OK]);
    expect(r.provider.mounts).toHaveLength(1);
  });

  test("who waits for a hanging publish leaves at its own deadline", async () => {
    const r = await start();
    r.provider.answers(
      (_request, call) =>
        new Promise((_, reject) => {
          call.activity.park();
          call.signal.addEventListener("abort", () => reject(call.signal.reason));
        }),
    );
    const first = outcomeOf(r.node.nodePublishVolume(r.request(), { deadlineMs: 60_000 }));
    const second = outcomeOf(r.node.nodePublishVolume(r.request(), { deadlineMs: 10_000 }));
    const started = r.clock.now();
    expect((await r.settle(second)).code).toBe("DeadlineExceeded");
    expect(r.clock.now() - started).toBe(10_000);
    expect((await r.settle(first)).code).toBe("DeadlineExceeded");
    await r.pass(0);
    expect(r.isMounted()).toBe(false);
  });

  test("volumes of one class in one pod share a status that holds both (B12)", async () => {
    const r = await start();
    const other = r.target("web", "second");
    await r.publish();
    r.provider.answers({
      files: [{ path: "b", mode: 0o644, contents: Buffer.from("B") }],
      objectVersion: [{ id: "b", version: "2" }],
    });
    await r.publish({ ...r.request(), volumeId: "csi-second", targetPath: other });
    expect(r.status()).toMatchObject({
      status: {
        objects: [
          { id: "a", version: "1" },
          { id: "b", version: "2" },
        ],
      },
    });
    await r.settle(outcomeOf(r.node.nodeUnpublishVolume({ volumeId: "csi-second", targetPath: other })));
  });
});

describe("names that Kubernetes would refuse", () => {
  test("are cut, and end in a hash (B13)", async () => {
    const pod = "p".repeat(200);
    const name = "c".repeat(120);
    const r = await start({ nodeId: "n".repeat(64) });
    r.defineClass(name, { k: "v" });
    const request = r.request(pod);
    const targetPath = r.target("long");
    expect(
      await r.publish({
        ...request,
        targetPath,
        volumeContext: { ...request.volumeContext, secretProviderClass: name },
      }),
    ).toEqual(OK);
    const [status] = r.api.list("secretproviderclasspodstatuses");
    expect(status?.metadata.name).toMatch(/^p{200}-shop-c+-[0-9a-f]{10}$/);
    expect(status?.metadata.name).toHaveLength(253);
    expect(status?.metadata.labels?.[NODE_LABEL]).toMatch(/^n{52}-[0-9a-f]{10}$/);
  });
});

describe("defects, switched on by tests", () => {
  test("make hardened behave as the field does, one at a time", async () => {
    const r = await start({ ...rotating, defects: withDefects("B10") });
    r.provider.answers({ files: [{ path: "a", contents: Buffer.from("x") }], objectVersion: [{ id: "a" }] });
    expect(await r.publish()).toEqual(OK);
    expect(lstatSync(join(r.target(), "..data/a")).mode & 0o777).toBe(0);
  });
});

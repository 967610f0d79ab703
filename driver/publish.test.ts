import { lstatSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { GrpcError, GrpcStatus } from "../wire/grpc/index.ts";
import { oneFile } from "../wire/scripted-provider.ts";
import { type Behaviour, withDefects } from "./index.ts";
import { NODE_LABEL } from "./publish/status.ts";
import { NAMESPACE, outcomeOf, Rig, type RigOptions } from "./testing/rig.ts";

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

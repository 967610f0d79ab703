import { afterEach, describe, expect, test } from "vitest";
import { minutes, seconds } from "../../core/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import { files, type SeenMount } from "../../wire/scripted-provider.ts";
import { INTERVAL_MS, NAMESPACE, Rig, type RigOptions } from "../testing/rig.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.[Symbol.asyncDispose]();
  rig = undefined;
});

/** The driver before v1.6, a running pod, and its volume published. */
async function published(options: RigOptions = {}, pod: Record<string, unknown> = {}): Promise<Rig> {
  rig = await Rig.start({ behaviour: "upstream-1.5", enableSecretRotation: true, ...options });
  definePod(rig, pod);
  await rig.publish();
  return rig;
}

function definePod(r: Rig, change: Record<string, unknown> = {}): void {
  r.api.put("pods", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: NAMESPACE, uid: "uid-web", ...(change["metadata"] as object) },
    spec: {
      serviceAccountName: "app",
      volumes: [
        {
          name: "vol",
          csi: {
            driver: "secrets-store.csi.k8s.io",
            volumeAttributes: { secretProviderClass: "app" },
            ...(change["csi"] as object),
          },
        },
      ],
    },
    status: { phase: change["phase"] ?? "Running" },
  });
}

const events = (r: Rig): string[] =>
  r.api.list("events").map((event) => `${event["type"]} ${event["reason"]}: ${event["message"]}`);
const asked = (r: Rig): SeenMount["request"] | undefined => r.provider.mounts.at(-1)?.request;
const failures = (r: Rig, error_type: string): number =>
  r.driver.metrics.value("rotation_reconcile_error_total", {
    provider: "",
    error_type,
    os_type: "linux",
    rotated: "false",
  }) ?? 0;

describe("the reconciler of drivers before v1.6", () => {
  test("comes one interval after the start, without any call of kubelet's", async () => {
    const r = await published();
    r.provider.answers(files({ a: "two" }, "2"));
    await r.pass(INTERVAL_MS - seconds(5));
    expect(r.files()).toEqual({ a: "one" });
    await r.pass(seconds(10));
    expect(r.files()).toEqual({ a: "two" });
    expect(r.status()).toMatchObject({ status: { objects: [{ id: "a", version: "2" }] } });
    expect(events(r)).toEqual(["Normal MountRotationComplete: successfully rotated mounted contents for spc shop/app"]);
    const labels = { provider: "scripted", os_type: "linux", rotated: "true" };
    expect(r.driver.metrics.value("rotation_reconcile_total", labels)).toBe(1);
  });

  test("asks with the versions it has and without what only kubelet sends", async () => {
    const r = await published();
    await r.pass(INTERVAL_MS);
    expect(r.provider.mounts).toHaveLength(2);
    expect(asked(r)).toMatchObject({
      secrets: "{}",
      permission: "420",
      targetPath: r.target(),
      currentObjectVersion: [{ id: "a", version: "1" }],
    });
    expect(JSON.parse(asked(r)?.attributes ?? "")).toEqual({
      k: "v",
      "csi.storage.k8s.io/pod.name": "web",
      "csi.storage.k8s.io/pod.namespace": NAMESPACE,
      "csi.storage.k8s.io/pod.uid": "uid-web",
      "csi.storage.k8s.io/serviceAccount.name": "app",
    });
    expect(r.provider.mounts.at(-1)?.hasDeadline).toBe(false);
  });

  test("tells nothing and writes nothing while nothing changes, and counts it as not rotated", async () => {
    const r = await published();
    const mark = r.api.requests.length;
    await r.pass(3 * INTERVAL_MS);
    expect(r.provider.mounts).toHaveLength(4);
    expect(r.api.requests.slice(mark).filter(({ method }) => method !== "GET")).toEqual([]);
    const labels = { provider: "scripted", os_type: "linux", rotated: "false" };
    expect(r.driver.metrics.value("rotation_reconcile_total", labels)).toBe(3);
  });

  test("leaves pods alone that end or have ended", async () => {
    for (const change of [
      { phase: "Succeeded" },
      { phase: "Failed" },
      { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } },
    ]) {
      const r = await published({}, change);
      await r.pass(INTERVAL_MS);
      expect(r.provider.mounts).toHaveLength(1);
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });

  test("says what is missing by its metric: pod, class, volume, or the right path", async () => {
    const cases: readonly [string, (r: Rig) => void][] = [
      ["PodNotFound", (r) => r.api.remove("pods", "web", NAMESPACE)],
      ["SecretProviderClassNotFound", (r) => r.api.remove("secretproviderclasses", "app", NAMESPACE)],
      ["PodVolumeNotFound", (r) => definePod(r, { csi: { driver: "another.csi" } })],
      [
        "UnexpectedTargetPath",
        (r) => {
          const status = r.status();
          if (status === undefined) throw new Error("no status");
          const targetPath = r.target("other");
          r.api.put("secretproviderclasspodstatuses", {
            ...status,
            status: { ...(status["status"] as object), targetPath },
          });
        },
      ],
    ];
    for (const [reason, spoil] of cases) {
      const r = await published();
      spoil(r);
      await r.pass(INTERVAL_MS);
      expect([reason, failures(r, reason), r.provider.mounts.length]).toEqual([reason, 1, 1]);
      await r.pass(seconds(10));
      expect([reason, failures(r, reason)]).toEqual([reason, 2]); // again after ten seconds
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });

  test("sees the Secret of a nodePublishSecretRef only when it is labelled", async () => {
    const r = await published({}, { csi: { nodePublishSecretRef: { name: "creds" } } });
    const creds = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "creds", namespace: NAMESPACE },
      data: { u: "dXNlcg==" },
    };
    r.api.put("secrets", creds);
    await r.pass(INTERVAL_MS);
    expect(events(r)).toEqual([
      'Warning MountRotationFailed: failed to get node publish secret shop/creds, err: secrets "shop/creds" not found',
    ]);
    expect(failures(r, "NodePublishSecretRefNotFound")).toBe(1);
    r.api.put("secrets", {
      ...creds,
      metadata: { ...creds.metadata, labels: { "secrets-store.csi.k8s.io/used": "true" } },
    });
    await r.pass(seconds(11));
    expect(asked(r)?.secrets).toBe('{"u":"user"}');
  });

  test("names a provider that is not there, and a failure in the provider's words", async () => {
    const r = await published();
    r.defineClass("app", { k: "v" }, "nobody");
    await r.pass(INTERVAL_MS);
    expect(events(r)).toEqual(['Warning MountRotationFailed: failed to lookup provider client: "nobody"']);
    r.defineClass("app", { k: "v" });
    r.provider.answers(new GrpcError(GrpcStatus.INTERNAL, "x"));
    await r.pass(seconds(11));
    expect(events(r)).toContain("Warning MountRotationFailed: provider mount err: rpc error: code = Internal desc = x");
    expect(r.files()).toEqual({ a: "one" });
  });

  test("gives up on a status that cannot be written after five tries, and comes back", async () => {
    const r = await published();
    r.provider.answers(files({ a: "two" }, "2"));
    r.api.refuse(/^PUT .*podstatuses/, { code: 409, reason: "Conflict", message: "somebody else won" }, 5);
    await r.pass(INTERVAL_MS + seconds(1));
    expect(events(r)).toContain(
      "Warning MountRotationFailed: failed to update versions in spc pod status app, err: timed out waiting for the condition",
    );
    expect(r.status()).toMatchObject({ status: { objects: [{ id: "a", version: "1" }] } });
    await r.pass(seconds(11));
    expect(r.status()).toMatchObject({ status: { objects: [{ id: "a", version: "2" }] } });
  });

  test("asks for the pod's tokens where the CSIDriver wants some, and keeps them until they are due", async () => {
    rig = await Rig.start({ behaviour: "upstream-1.5", enableSecretRotation: true });
    const r = rig;
    r.api.put("csidrivers", {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name: "secrets-store.csi.k8s.io" },
      spec: { tokenRequests: [{ audience: "vault" }] },
    });
    definePod(r);
    await r.pass(0);
    const tokens = (): unknown => JSON.parse(asked(r)?.attributes ?? "")["csi.storage.k8s.io/serviceAccount.tokens"];
    const request = r.request();
    const account = { "csi.storage.k8s.io/serviceAccount.name": "app" };
    expect(await r.publish({ ...request, volumeContext: { ...request.volumeContext, ...account } })).toEqual({
      code: "OK",
      message: "",
    });
    const first = tokens();
    expect(first).toMatch(/^{"vault":{"token":"token-\d+","expirationTimestamp":"[^"]+"}}$/);
    await r.pass(INTERVAL_MS);
    expect(tokens()).toBe(first);
    await r.pass(minutes(48)); // four fifths of an hour
    expect(tokens()).not.toBe(first);
    expect(r.api.requests.filter(({ path }) => path.endsWith("/token"))).toHaveLength(2);
    await r.unpublish();
  });

  test("is not there without the flag, and not since v1.6", async () => {
    for (const options of [
      { enableSecretRotation: false },
      { behaviour: "upstream-1.6" },
      { behaviour: "hardened" },
    ] as const) {
      const r = await published(options);
      await r.pass(2 * INTERVAL_MS);
      expect(r.provider.mounts).toHaveLength(1);
      await r[Symbol.asyncDispose]();
    }
    rig = undefined;
  });
});

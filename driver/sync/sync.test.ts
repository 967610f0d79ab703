import { afterEach, describe, expect, test } from "vitest";
import { minutes, seconds } from "../../core/index.ts";
import { files } from "../../wire/scripted-provider.ts";
import { withDefects } from "../index.ts";
import { INTERVAL_MS, NAMESPACE, Rig, type RigOptions } from "../testing/rig.ts";
import { CLASS_ANNOTATION, MANAGED_LABEL } from "./wanted.ts";

let rig: Rig | undefined;
const start = async (options: RigOptions = {}): Promise<Rig> => {
  rig = await Rig.start(options);
  return rig;
};
afterEach(async () => {
  await rig?.[Symbol.asyncDispose]();
  rig = undefined;
});
const OK = { code: "OK", message: "" };
const opaque = (secretName: string, objectName = "a"): object => ({
  secretName,
  type: "Opaque",
  data: [{ objectName, key: "k" }],
});
const replicaSet = (name: string, uid = `uid-${name}`): object => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name,
  uid,
  controller: true,
});
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const writes = (r: Rig): string[] =>
  r.api.requests
    .filter(({ method, path }) => method !== "GET" && /\/v1\/namespaces\/\w+\/secrets/.test(path))
    .map(({ method }) => method);
const events = (r: Rig): string[] => r.api.list("events").map((event) => `${event["reason"]}: ${event["message"]}`);

describe("in hardened the Secrets of a volume", () => {
  test("stand when the publish returns, made in one request with their owners", async () => {
    const r = await start();
    await r.wantSecrets(
      [{ ...opaque("creds"), labels: { team: "shop", [MANAGED_LABEL]: "false" }, annotations: { n: "1" } }],
      {
        owners: [replicaSet("web-1")],
      },
    );
    r.provider.answers(files({ a: "one" }));
    expect(await r.publish()).toEqual(OK);
    expect(r.secret("creds")).toMatchObject({
      type: "Opaque",
      metadata: {
        labels: { team: "shop", [MANAGED_LABEL]: "true" },
        annotations: { n: "1", [CLASS_ANNOTATION]: "app" },
        ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "uid-web-1" }],
      },
      data: { k: base64("one") },
    });
    expect(r.secret("creds")?.metadata.ownerReferences?.[0]).not.toHaveProperty("controller");
    expect(writes(r)).toEqual(["POST"]);
  });

  test("belong to the status object where the pod is bare", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    expect(r.secret("creds")?.metadata.ownerReferences).toEqual([
      {
        apiVersion: "secrets-store.csi.x-k8s.io/v1",
        kind: "SecretProviderClassPodStatus",
        name: r.status()?.metadata.name,
        uid: r.status()?.metadata.uid,
      },
    ]);
  });

  test("are not written again when nothing changed, and once when something did", async () => {
    const r = await start({ enableSecretRotation: true });
    await r.wantSecrets([opaque("creds")]);
    r.provider.answers(files({ a: "one" }), files({ a: "one" }), files({ a: "two" }));
    await r.publish();
    await r.pass(INTERVAL_MS);
    await r.publish();
    expect(writes(r)).toEqual(["POST"]);
    await r.pass(INTERVAL_MS);
    await r.publish();
    expect(writes(r)).toEqual(["POST", "PUT"]);
    expect(r.secret("creds")).toMatchObject({
      data: { k: base64("two") },
      metadata: { ownerReferences: [{ kind: "SecretProviderClassPodStatus" }] },
    });
  });

  test("gain an owner with each pod of another owner, in one write, and none for its siblings", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")], { owners: [replicaSet("web-1")] });
    await r.publish();
    r.definePod("web2", [replicaSet("web-1")]);
    r.definePod("other", [replicaSet("other-1")]);
    await r.publish(r.request("web2"));
    await r.publish(r.request("other"));
    expect(writes(r)).toEqual(["POST", "PUT"]);
    expect(r.secret("creds")?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["web-1", "other-1"]);
  });

  test("take a recreated owner of the same name for another one (B4)", async () => {
    for (const [defects, expected] of [
      [withDefects(), ["uid-1", "uid-2"]],
      [withDefects("B4"), ["uid-1"]],
    ] as const) {
      const r = await start({ defects });
      await r.wantSecrets([opaque("creds")], { owners: [replicaSet("web-1", "uid-1")] });
      await r.publish();
      r.definePod("web2", [replicaSet("web-1", "uid-2")]);
      await r.publish(r.request("web2"));
      expect(r.secret("creds")?.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual(expected);
      await r[Symbol.asyncDispose]();
    }
  });

  test("leave what others put beside theirs", async () => {
    const r = await start({ enableSecretRotation: true });
    await r.wantSecrets([opaque("creds")]);
    r.provider.answers(files({ a: "one" }), files({ a: "two" }));
    await r.publish();
    const secret = r.secret("creds");
    if (secret === undefined) throw new Error("no Secret");
    r.api.put("secrets", {
      ...secret,
      metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, tool: "x" } },
    });
    await r.pass(INTERVAL_MS);
    await r.publish();
    expect(r.secret("creds")).toMatchObject({ data: { k: base64("two") }, metadata: { labels: { tool: "x" } } });
  });

  test.each([
    ["nobody's", {}, "lacks the label secrets-store.csi.k8s.io/managed=true"],
    ["another SecretProviderClass's", { [MANAGED_LABEL]: "true" }, 'the SecretProviderClass "rival" owns it'],
  ])("that are %s are left alone, and the pod is told (B3)", async (_, labels, words) => {
    for (const [defects, isLeft] of [
      [withDefects(), true],
      [withDefects("B3"), false],
    ] as const) {
      const r = await start({ defects });
      await r.pass(1);
      r.defineClass("rival", { k: "v" });
      await r.wantSecrets([opaque("creds")]);
      r.api.put("secrets", {
        apiVersion: "v1",
        kind: "Secret",
        type: "Opaque",
        metadata: { name: "creds", namespace: NAMESPACE, labels, annotations: { [CLASS_ANNOTATION]: "rival" } },
        data: { old: "b2xk" },
      });
      expect(await r.publish()).toEqual(OK);
      await r.pass(10);
      expect(r.secret("creds")?.data).toEqual(isLeft ? { old: "b2xk" } : { k: base64("one") });
      expect(events(r)).toEqual(isLeft ? [expect.stringContaining(words)] : []);
      await r[Symbol.asyncDispose]();
    }
  });

  test("that another driver made, or a SecretProviderClass that is gone, are adopted", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds"), opaque("more")]);
    for (const [name, annotations] of [
      ["creds", {}],
      ["more", { [CLASS_ANNOTATION]: "gone" }],
    ] as const)
      r.api.put("secrets", {
        apiVersion: "v1",
        kind: "Secret",
        type: "Opaque",
        metadata: { name, namespace: NAMESPACE, labels: { [MANAGED_LABEL]: "true" }, annotations },
        data: {},
      });
    await r.publish();
    for (const name of ["creds", "more"]) expect(r.secret(name)?.data).toEqual({ k: base64("one") });
  });

  test("fail one by one, in upstream's words, while the volume is published", async () => {
    const r = await start();
    await r.wantSecrets([opaque("first", "missing"), opaque("second")]);
    expect(await r.publish()).toEqual(OK);
    await r.pass(10);
    expect(r.secret("first")).toBeUndefined();
    expect(r.secret("second")).toBeDefined();
    expect(events(r)).toEqual([
      `FailedToCreateSecret: failed to get data in spc ${NAMESPACE}/app for secret first, err: file matching ` +
        "objectName missing not found in the pod",
    ]);
  });

  test("come as soon as the API server takes them", async () => {
    const r = await start();
    r.api.refuse(/^POST .*\/secrets$/, { code: 500, reason: "InternalError", message: "not today" }, 2);
    await r.wantSecrets([opaque("creds")]);
    expect(await r.publish()).toEqual(OK);
    await r.pass(10);
    expect(r.secret("creds")).toBeUndefined();
    expect(events(r)).toEqual([
      `FailedToCreateSecret: failed to create or update secret ${NAMESPACE}/creds, err: not today`,
    ]);
    await r.pass(seconds(4));
    expect(r.secret("creds")).toBeDefined();
  });

  test("survive a writer that comes between", async () => {
    const r = await start({ enableSecretRotation: true });
    await r.wantSecrets([opaque("creds")]);
    r.provider.answers(files({ a: "one" }), files({ a: "two" }));
    await r.publish();
    r.api.refuse(/^PUT .*\/secrets\//, { code: 409, reason: "Conflict", message: "changed" }, 1);
    await r.pass(INTERVAL_MS);
    await r.publish();
    expect(r.secret("creds")?.data).toEqual({ k: base64("two") });
  });

  test("are made anew when somebody deletes them, and when the SecretProviderClass asks for more", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    r.api.remove("secrets", "creds", NAMESPACE);
    await r.pass(10);
    expect(r.secret("creds")?.data).toEqual({ k: base64("one") });
    await r.wantSecrets([opaque("creds"), opaque("late")]);
    await r.pass(10);
    expect(r.secret("late")?.data).toEqual({ k: base64("one") });
  });

  test("are looked after by a driver that starts anew, without a publish", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    await r.stopDriver();
    r.api.remove("secrets", "creds", NAMESPACE);
    await r.startDriver();
    await r.pass(10);
    expect(r.secret("creds")?.data).toEqual({ k: base64("one") });
  });

  test("outlive their pod's status object, whose deletion would take them along", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    r.api.remove("secretproviderclasspodstatuses", r.status()?.metadata.name ?? "", NAMESPACE);
    r.api.remove("secrets", "creds", NAMESPACE); // as the garbage collector does then
    await r.pass(10);
    expect(r.secret("creds")?.metadata.ownerReferences).toEqual([
      { apiVersion: "v1", kind: "Pod", name: "web", uid: "uid-web" },
    ]);
  });

  test("give way to whoever deletes them again and again, without an end and without a rush", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    const waits: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      r.api.remove("secrets", "creds", NAMESPACE);
      await r.pass(10);
      let waited = 0;
      for (; r.secret("creds") === undefined; waited++) await r.pass(seconds(1));
      waits.push(waited);
    }
    expect(waits).toEqual([0, 1, 2, 4]);
  });

  test("are not brought back to what a volume held before, by a driver that starts anew", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    const secret = r.secret("creds");
    if (secret === undefined) throw new Error("no Secret");
    await r.stopDriver();
    r.api.put("secrets", { ...secret, data: { k: base64("newer, by another node") } });
    await r.startDriver();
    await r.pass(minutes(10));
    expect(r.secret("creds")?.data).toEqual({ k: base64("newer, by another node") });
  });

  test.each(["Succeeded", "Failed"])("are not written for a pod that has %s", async (phase) => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    r.definePod("web", undefined, phase);
    await r.pass(1);
    await r.publish();
    expect(writes(r)).toEqual([]);
  });

  test("are not asked for while no SecretProviderClass wants any", async () => {
    const r = await start();
    await r.publish();
    await r.pass(minutes(10));
    expect(r.api.requests.filter(({ path }) => /\/v1(\/namespaces\/\w+)?\/(secrets|pods)(\/|$)/.test(path))).toEqual(
      [],
    );
  });

  test("are counted when they are written", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds"), opaque("more")]);
    r.provider.answers(files({ a: "1" }));
    await r.publish();
    expect(r.driver.metrics.value("sync_k8s_secret_total", { provider: "scripted", os_type: "linux" })).toBe(2);
  });
});

import { afterEach, describe, expect, test } from "vitest";
import { minutes, seconds } from "../../../core/index.ts";
import type { Reply } from "../../../wire/scripted-provider.ts";
import { INTERVAL_MS, NAMESPACE, Rig, type RigOptions } from "../../testing/rig.ts";
import { MANAGED_LABEL } from "../wanted.ts";

let rig: Rig | undefined;
const start = async (options: RigOptions = {}): Promise<Rig> => {
  rig = await Rig.start({ behaviour: "upstream-1.6", enableSecretRotation: true, ...options });
  return rig;
};
afterEach(async () => {
  await rig?.[Symbol.asyncDispose]();
  rig = undefined;
});
const opaque = (secretName: string, objectName = "a"): object => ({
  secretName,
  type: "Opaque",
  data: [{ objectName, key: "k" }],
});
const owner = (name: string, uid = `uid-${name}`): object => ({ apiVersion: "apps/v1", kind: "ReplicaSet", name, uid });
const version = (id: string, text: string): Reply => ({
  files: [{ path: "a", mode: 0o644, contents: Buffer.from(text) }],
  objectVersion: [{ id: "a", version: id }],
});
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const requests = (r: Rig): string[] =>
  r.api.requests
    .filter(({ path }) => /\/v1\/namespaces\/\w+\/secrets/.test(path))
    .map(({ method, status }) => `${method} ${status}`);
const owners = (r: Rig, name = "creds"): string[] | undefined =>
  r.secret(name)?.metadata.ownerReferences?.map(({ name: of }) => of);
const events = (r: Rig): unknown[] => r.api.list("events").map((event) => event["message"]);

describe("the real driver's controller", () => {
  test("makes the Secret after the publish, without owners, which come within five seconds", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")], { owners: [owner("web-1")] });
    await r.publish();
    await r.pass(10);
    expect(r.secret("creds")).toMatchObject({
      data: { k: base64("one") },
      metadata: { labels: { [MANAGED_LABEL]: "true" } },
    });
    expect(owners(r)).toBeUndefined();
    await r.pass(seconds(5));
    expect(owners(r)).toEqual(["web-1"]);
    expect(requests(r)).toEqual(["POST 201", "PATCH 200"]);
  });

  test("needs five requests for a rotation, and drops the owners meanwhile", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")], { owners: [owner("web-1")] });
    r.provider.answers(version("1", "one"), version("2", "two"));
    await r.publish();
    await r.pass(INTERVAL_MS);
    const before = r.api.requests.length;
    await r.publish();
    await r.pass(10);
    expect(r.secret("creds")?.data).toEqual({ k: base64("two") });
    expect(owners(r)).toBeUndefined();
    await r.pass(seconds(5));
    expect(owners(r)).toEqual(["web-1"]);
    const kinds = r.api.requests
      .slice(before)
      .map(({ method, path }) => `${method} ${path.split("/").find((part) => /^secrets$|statuses$/.test(part))}`);
    expect(kinds.map((line) => line.replace("secretproviderclasspodstatuses", "status"))).toEqual([
      "POST status",
      "PUT status",
      "POST secrets",
      "PUT secrets",
      "PATCH secrets",
    ]);
  });

  test("writes every five minutes though nothing changed (B2), and brings a deleted Secret back then", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    await r.pass(minutes(5) + 10);
    expect(requests(r)).toEqual(["POST 201", "PATCH 200", "POST 409", "PUT 200"]);
    r.api.remove("secrets", "creds", NAMESPACE);
    await r.pass(minutes(4));
    expect(r.secret("creds")).toBeUndefined();
    await r.pass(minutes(1));
    expect(r.secret("creds")).toBeDefined();
  });

  test("overwrites what is not its own (B3)", async () => {
    const r = await start();
    r.api.put("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      metadata: { name: "creds", namespace: NAMESPACE, labels: { mine: "yes" } },
      data: { old: "b2xk" },
    });
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    await r.pass(10);
    expect(r.secret("creds")).toMatchObject({
      data: { k: base64("one") },
      metadata: { labels: { [MANAGED_LABEL]: "true" } },
    });
    expect(r.secret("creds")?.metadata.labels).not.toHaveProperty("mine");
  });

  test("leaves an existing Secret alone before v1.6", async () => {
    const r = await start({ behaviour: "upstream-1.5", enableSecretRotation: false });
    r.api.put("secrets", {
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      metadata: { name: "creds", namespace: NAMESPACE, labels: { mine: "yes" } },
      data: { old: "b2xk" },
    });
    await r.wantSecrets([opaque("creds")]);
    await r.publish();
    await r.pass(10);
    expect(r.secret("creds")?.data).toEqual({ old: "b2xk" });
    expect(requests(r)).toEqual(["POST 409"]);
  });

  test("gives up after five tries, in words that name no reason, and leaves out what comes after", async () => {
    const r = await start();
    r.api.refuse(/^POST .*\/secrets$/, { code: 403, reason: "Forbidden", message: "no" }, 5);
    await r.wantSecrets([opaque("creds"), opaque("more")]);
    expect(await r.publish()).toEqual({ code: "OK", message: "" });
    await r.pass(4);
    expect(requests(r)).toEqual(["POST 403", "POST 403", "POST 403", "POST 403", "POST 403"]);
    expect(r.secret("more")).toBeUndefined();
    await r.pass(100);
    expect(events(r)).toEqual(["timed out waiting for the condition"]);
    expect(r.secret("more")).toBeDefined();
  });

  test("says nothing about a missing type (B16), and mangles per cent signs", async () => {
    const r = await start();
    await r.wantSecrets([
      { secretName: "typeless", data: [{ objectName: "a", key: "k" }] },
      opaque("creds", "no%dfile"),
    ]);
    await r.publish();
    await r.pass(100);
    expect(r.secret("typeless")).toBeUndefined();
    expect(events(r)).toEqual([
      `failed to get data in spc ${NAMESPACE}/app for secret creds, err: file matching objectName no%!d(MISSING)file not found in the pod`,
    ]);
  });

  test("gives no owners to anybody while one class of the node is missing (B5)", async () => {
    const r = await start();
    await r.wantSecrets([opaque("creds")]);
    r.api.put("secretproviderclasspodstatuses", {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClassPodStatus",
      metadata: {
        name: "lost",
        namespace: NAMESPACE,
        labels: { "internal.secrets-store.csi.k8s.io/node-name": "node-0" },
      },
      status: { podName: "web", secretProviderClassName: "lost" },
    });
    await r.publish();
    await r.pass(seconds(20));
    expect(r.secret("creds")).toBeDefined();
    expect(owners(r)).toBeUndefined();
    r.api.remove("secretproviderclasspodstatuses", "lost", NAMESPACE);
    await r.pass(seconds(6));
    expect(owners(r)).toEqual([r.status()?.metadata.name]);
  });
});

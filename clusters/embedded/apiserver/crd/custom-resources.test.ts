import { afterEach, beforeEach, expect, test } from "vitest";
import { Scope, seconds, type VirtualClock } from "../../../../core/index.ts";
import { type KubeClient, type KubeObject, SecretProviderClasses } from "../../../../kube/index.ts";
import { startServerRig, statusOf } from "../testing/server-rig.ts";

let scope: Scope;
let clock: VirtualClock;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  ({ clock, admin } = await startServerRig(scope));
});
afterEach(() => scope[Symbol.asyncDispose]());

const secretProviderClass = (spec: object): KubeObject => ({
  apiVersion: "secrets-store.csi.x-k8s.io/v1",
  kind: "SecretProviderClass",
  metadata: { name: "app", namespace: "default" },
  spec,
});

test("a SecretProviderClass is pruned, validated and counts its generations", async () => {
  const made = await admin.create(SecretProviderClasses, secretProviderClass({ provider: "vault", nonsense: 1 }));
  expect(made.spec).toEqual({ provider: "vault" });
  expect(made.metadata.generation).toBe(1);
  const changed = await admin.update(SecretProviderClasses, { ...made, spec: { provider: "aws" } });
  expect(changed.metadata.generation).toBe(2);
  const wrong = { ...secretProviderClass({ provider: 7 }), metadata: { name: "b", namespace: "default" } };
  const refusal = await statusOf(admin.create(SecretProviderClasses, wrong));
  expect(refusal).toMatchObject({ code: 422, reason: "Invalid" });
  expect(refusal.message).toContain("spec.provider");
});

test("an update must name the version it replaces", async () => {
  const made = await admin.create(SecretProviderClasses, secretProviderClass({ provider: "vault" }));
  const blind = { ...made, metadata: { ...made.metadata, resourceVersion: "" } };
  expect((await statusOf(admin.update(SecretProviderClasses, blind))).message).toContain(
    "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
  );
});

test("a deprecated version answers with its warning", async () => {
  const { headers, status } = await admin.raw(
    "GET",
    "/apis/secrets-store.csi.x-k8s.io/v1alpha1/namespaces/default/secretproviderclasses",
  );
  expect(status).toBe(200);
  expect(headers["warning"]).toContain("secrets-store.csi.x-k8s.io/v1alpha1 is deprecated");
});

test("a definition's kinds are served in the instant it is stored, and gone with it", async () => {
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.org" },
    spec: {
      group: "example.org",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  };
  const path = "/apis/example.org/v1/namespaces/default/things";
  expect((await admin.raw("GET", path)).status).toBe(404);
  const all = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  expect((await admin.raw("POST", all, { body: definition })).status).toBe(201);
  expect((await admin.raw("GET", path)).status).toBe(200);
  await admin.raw("DELETE", `${all}/things.example.org`);
  await clock.advance(seconds(1));
  expect((await admin.raw("GET", path)).status).toBe(404);
});

test("what an update leaves as it was may stay although the schema has become stricter; what it changes may not", async () => {
  const definition = (maximum: object): KubeObject => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.org" },
    spec: {
      group: "example.org",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: { size: { type: "integer", ...maximum }, note: { type: "string" } },
            },
          },
        },
      ],
    },
  });
  const all = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const path = "/apis/example.org/v1/namespaces/default/things";
  await admin.raw("POST", all, { body: definition({}) });
  const thing = { apiVersion: "example.org/v1", kind: "Thing", metadata: { name: "a" }, size: 9 };
  expect((await admin.raw("POST", path, { body: thing })).status).toBe(201);
  const { spec } = definition({ maximum: 5 }) as unknown as { spec: object };
  await admin.raw("PATCH", `${all}/things.example.org`, {
    body: { spec },
    contentType: "application/merge-patch+json",
  });
  const patch = async (body: object): Promise<number> =>
    (await admin.raw("PATCH", `${path}/a`, { body, contentType: "application/merge-patch+json" })).status;
  expect(await patch({ note: "kept" })).toBe(200);
  expect(await patch({ size: 8 })).toBe(422);
  expect(await patch({ size: 4 })).toBe(200);
});

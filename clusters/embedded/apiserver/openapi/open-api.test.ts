import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RealClock } from "../../../../core/index.ts";
import type { KubeClient } from "../../../../kube/client.ts";
import { createKubeClient } from "../../../../kube/create-client.ts";
import { EmbeddedApiServer, type RunningApiServer } from "../index.ts";

type Recorded = {
  readonly document: string;
  readonly name?: string;
  readonly schema?: Loose;
  readonly path?: string;
  readonly verb: string;
  readonly consumes: readonly string[];
  readonly parameters: readonly string[];
  readonly operationId: string;
  readonly kind: unknown;
};
type Loose = Record<string, unknown>;
type Operation = {
  operationId: string;
  parameters: { name: string }[];
  requestBody?: { content: Loose };
  "x-kubernetes-group-version-kind": unknown;
};
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Loose> } };

const recorded = readFileSync(new URL("./fixtures/recorded.ndjson", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

let api: RunningApiServer;
let client: KubeClient;
const documents = new Map<string, Document>();

const read = async (path: string) => await client.raw("GET", path);
const document = async (key: string): Promise<Document> => {
  const known = documents.get(key) ?? (JSON.parse((await read(`/openapi/v3/${key}`)).body) as Document);
  documents.set(key, known);
  return known;
};

beforeAll(async () => {
  const clock = new RealClock();
  api = await new EmbeddedApiServer({ clock }).start();
  client = createKubeClient(api.adminConfig, { clock });
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

test("the index leads to a document for each group and version that is served", async () => {
  const { paths } = JSON.parse((await read("/openapi/v3")).body) as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(["api/v1", "apis/apps/v1", "apis/secrets-store.csi.x-k8s.io/v1"]),
  );
  for (const [key, { serverRelativeURL }] of Object.entries(paths))
    expect(serverRelativeURL).toMatch(new RegExp(`^/openapi/v3/${key}\\?hash=[0-9A-F]{128}$`));
});

test("schemas are a real server's", async () => {
  for (const { document: key, name, schema } of recorded) {
    if (name === undefined) continue;
    const own = (await document(key)).components.schemas[name];
    expect(comparable(own), name).toEqual(comparable(schema));
  }
});

/** DeleteOptions belongs to every group, and not every group is served. */
function comparable(schema: Loose | undefined): Loose {
  const { "x-kubernetes-group-version-kind": kinds, required, ...rest } = withoutTexts(schema ?? {}) as Loose;
  return {
    ...rest,
    ...(Array.isArray(required) && { required: [...required].sort() }),
    kinds: Array.isArray(kinds) && kinds.length < 10 ? kinds : [],
  };
}

/** What was recorded has no descriptions; ours are our own. A field that is called so is no text. */
function withoutTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => name !== "description" || typeof inner !== "string")
      .map(([name, inner]) => [name, withoutTexts(inner)]),
  );
}

test("every type and every field says what it is", async () => {
  const { definitions } = await swagger();
  const silent = Object.entries(definitions)
    .filter(([name]) => name.startsWith("io.k8s."))
    .flatMap(([name, { description, properties = {} }]) => [
      ...(description ? [] : [name]),
      ...Object.entries(properties).flatMap(([field, one]) => (one.description ? [] : [`${name}.${field}`])),
    ]);
  expect(silent).toEqual([]);
});

test("operations say what a PATCH takes and which kind they are of", async () => {
  for (const want of recorded) {
    if (want.path === undefined) continue;
    const own = (await document(want.document)).paths[want.path]?.[want.verb];
    expect(own?.operationId).toBe(want.operationId);
    expect(own?.["x-kubernetes-group-version-kind"]).toEqual(want.kind);
    if (want.verb === "get") continue; // the recording lists parameters of namespaced collections only
    if (want.verb === "patch") expect(Object.keys(own?.requestBody?.content ?? {}).sort()).toEqual(want.consumes);
    if (want.verb !== "delete") expect(own?.parameters.map(({ name }) => name).sort()).toEqual(want.parameters);
  }
});

test("a document has an entity tag, and a CustomResourceDefinition changes only its own group's", async () => {
  const hashes = async (): Promise<Record<string, string>> => {
    const { paths } = JSON.parse((await read("/openapi/v3")).body) as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    return Object.fromEntries(Object.entries(paths).map(([key, { serverRelativeURL }]) => [key, serverRelativeURL]));
  };
  const before = await hashes();
  await client.raw("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    body: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "widgets.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names: { plural: "widgets", kind: "Widget" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
              },
            },
          },
        ],
      },
    } as never,
  });
  const after = await hashes();
  const { "apis/example.com/v1": added, ...rest } = after;
  expect(added).toBeDefined();
  expect(rest).toEqual(before);
  const { components } = JSON.parse((await read("/openapi/v3/apis/example.com/v1")).body) as Document;
  expect(components.schemas["com.example.v1.Widget"]).toMatchObject({
    properties: { spec: { properties: { size: { type: "integer" } } }, metadata: { allOf: [expect.anything()] } },
  });
});

test("there is no document of a group nobody serves, and no writing to one", async () => {
  await expect(read("/openapi/v3/apis/none.example.com/v1")).resolves.toMatchObject({ status: 404 });
  await expect(client.raw("POST", "/openapi/v3", { body: {} as never })).resolves.toMatchObject({ status: 405 });
  await expect(client.raw("POST", "/openapi/v2", { body: {} as never })).resolves.toMatchObject({ status: 405 });
});

type Definition = { description?: string; properties?: Record<string, Definition>; $ref?: string; type?: string };
type Swagger = { swagger: string; paths: Record<string, Loose>; definitions: Record<string, Definition> };

const swagger = async (): Promise<Swagger> => JSON.parse((await read("/openapi/v2")).body) as Swagger;

test("version 2 holds the types and paths of every document, in its own form", async () => {
  const { definitions, paths, swagger: version } = await swagger();
  expect(version).toBe("2.0");
  const core = await document("api/v1");
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(Object.keys(core.paths)));
  expect(Object.keys(definitions)).toEqual(expect.arrayContaining(Object.keys(core.components.schemas)));
  expect(definitions["io.k8s.api.core.v1.Pod"]?.properties?.["spec"]).toEqual({
    description: expect.any(String),
    $ref: "#/definitions/io.k8s.api.core.v1.PodSpec",
  });
  expect(definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"]?.type).toBe("string");
  expect(paths["/api/v1/namespaces/{namespace}/pods/{name}"]?.["patch"]).toMatchObject({
    consumes: expect.arrayContaining(["application/strategic-merge-patch+json"]),
    operationId: "patchCoreV1NamespacedPod",
    parameters: expect.arrayContaining([expect.objectContaining({ name: "fieldValidation", in: "query" })]),
    responses: { "201": { description: "Created", schema: { $ref: "#/definitions/io.k8s.api.core.v1.Pod" } } },
  });
  expect(JSON.stringify(definitions)).not.toContain("#/components/");
});

test("of a CustomResource version 2 leaves out what its readers trip over", async () => {
  await client.raw("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    body: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gadgets.example.org" },
      spec: {
        group: "example.org",
        scope: "Namespaced",
        names: { plural: "gadgets", kind: "Gadget" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: {
                  spec: {
                    type: "object",
                    description: "What is wanted of it.",
                    required: ["size", "maybe"],
                    anyOf: [{ required: ["size"] }],
                    properties: {
                      size: { type: "integer", default: 3 },
                      maybe: { type: "string", nullable: true },
                      free: {
                        type: "object",
                        "x-kubernetes-preserve-unknown-fields": true,
                        properties: { a: { type: "string" } },
                      },
                    },
                  },
                },
              },
            },
          },
        ],
      },
    } as never,
  });
  const { definitions } = await swagger();
  expect(definitions["org.example.v1.Gadget"]?.properties?.["spec"]).toEqual({
    type: "object",
    description: "What is wanted of it.",
    required: ["size"],
    properties: {
      size: { type: "integer" },
      maybe: {},
      free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  });
});

test("version 2 is given in the form that is asked for, and not twice", async () => {
  const type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
  const old = await client.raw("GET", "/openapi/v2", { accept: type.replace(".v2.v1", ".v2@v1") });
  expect(old.status).toBe(200);
  expect(old.headers["content-type"]).toBe(type);
  const json = await read("/openapi/v2");
  expect(json.headers["content-type"]).toBe("application/json");
  expect(json.headers["etag"]).toBe(old.headers["etag"]);
  await expect(client.raw("GET", "/openapi/v2", { accept: "text/html" })).resolves.toMatchObject({ status: 406 });
});

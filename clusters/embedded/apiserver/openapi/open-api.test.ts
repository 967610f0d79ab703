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
  const { "x-kubernetes-group-version-kind": kinds, required, ...rest } = schema ?? {};
  return {
    ...rest,
    ...(Array.isArray(required) && { required: [...required].sort() }),
    kinds: Array.isArray(kinds) && kinds.length < 10 ? kinds : [],
  };
}

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
  await expect(read("/openapi/v2")).resolves.toMatchObject({ status: 404 });
});

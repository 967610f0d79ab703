import { createHash } from "node:crypto";
import { isObject, type Schema } from "../crd/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import type { Registry } from "../kinds/registry.ts";
import type { BuiltInTypes } from "../schema/built-in-types.ts";
import { type OpenApiSchema, openApiName, reference, referencesIn } from "../schema/property.ts";
import { commonDescription, described } from "./descriptions/index.ts";
import { pathsOf, type SchemaNames } from "./operations.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** Where the document of a group and version is: `api/v1`, `apis/apps/v1`. */
export function documentKey({ group, version }: Pick<Kind, "group" | "version">): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/**
 * The OpenAPI v3 document of one group and version: paths from the kinds that are served, schemas from the table of
 * types and, of CustomResources, from their definitions.
 */
export function groupDocument(options: {
  readonly registry: Registry;
  readonly types: BuiltInTypes;
  readonly schemaOf: (kind: Kind) => Schema | undefined;
  readonly kinds: readonly Kind[];
  readonly gitVersion: string;
}): object {
  const { registry, types, kinds } = options;
  const custom = customSchemas(kinds, options.schemaOf);
  const names = schemaNames(types);
  const paths = Object.assign({}, ...kinds.map((kind) => pathsOf(kind, names))) as Record<string, object>;
  const schemas: Record<string, OpenApiSchema> = {};
  const visit = (name: string): void => {
    if (Object.hasOwn(schemas, name)) return;
    const schema = custom.get(name) ?? builtInSchema(types, name);
    if (schema === undefined) return;
    const kindsOf = groupVersionKinds(name, registry, types);
    schemas[name] = kindsOf.length === 0 ? schema : { ...schema, "x-kubernetes-group-version-kind": kindsOf };
    for (const other of referencesIn(schema)) visit(other);
  };
  for (const name of referencesIn(paths)) visit(name);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: options.gitVersion },
    paths: sorted(paths),
    components: {
      schemas: sorted(schemas),
      securitySchemes: { BearerToken: { type: "apiKey", name: "authorization", in: "header" } },
    },
  };
}

function builtInSchema(types: BuiltInTypes, name: string): OpenApiSchema | undefined {
  const schema = types.openApi(name);
  // Types with an encoding of their own have no key in the table.
  const key = types.keyOfName(name) ?? `other.${name.slice(name.lastIndexOf(".") + 1)}`;
  return schema === undefined ? undefined : described(schema, key);
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function schemaNames(types: BuiltInTypes): SchemaNames {
  const name = (kind: Pick<Kind, "group" | "version" | "kind">, suffix: string): string => {
    const key = types.keyOf(apiVersionOf(kind), `${kind.kind}${suffix}`);
    return key === undefined ? customName(kind, suffix) : openApiName(key);
  };
  return { object: (kind) => name(kind, ""), list: (kind) => name(kind, "List") };
}

/** `io.x-k8s.csi.secrets-store.v1.SecretProviderClass`: the group backwards. */
function customName({ group, version, kind }: Pick<Kind, "group" | "version" | "kind">, suffix = ""): string {
  return `${group.split(".").reverse().join(".")}.${version}.${kind}${suffix}`;
}

/** What a definition need not describe: these are the same in every CustomResource. */
const [API_VERSION, KIND, METADATA] = ["apiVersion", "kind", "metadata"].map((name) => ({
  description: commonDescription(name),
  ...(name !== "metadata" && { type: "string" }),
}));

function customSchemas(
  kinds: readonly Kind[],
  schemaOf: (kind: Kind) => Schema | undefined,
): ReadonlyMap<string, OpenApiSchema> {
  const found = new Map<string, OpenApiSchema>();
  for (const kind of kinds) {
    if (kind.isCustom !== true) continue;
    const { group, version } = kind;
    const own = withoutRemarks(schemaOf(kind) ?? { type: "object" }) as Schema;
    const head = { apiVersion: API_VERSION, kind: KIND };
    found.set(customName(kind), {
      ...own,
      properties: { ...own.properties, ...head, metadata: { ...METADATA, ...reference(`${META}.ObjectMeta`) } },
      type: "object",
      "x-kubernetes-group-version-kind": [{ group, kind: kind.kind, version }],
    });
    found.set(customName(kind, "List"), {
      description: `A list of ${kind.kind} objects.`,
      properties: {
        ...head,
        items: {
          description: "The objects.",
          items: { $ref: `#/components/schemas/${customName(kind)}` },
          type: "array",
        },
        metadata: { ...METADATA, ...reference(`${META}.ListMeta`) },
      },
      required: ["items"],
      type: "object",
      "x-kubernetes-group-version-kind": [{ group, kind: `${kind.kind}List`, version }],
    });
  }
  return found;
}

/** Publishing leaves out what OpenAPI v3 readers would trip over; `nullable` and the rest stay. */
function withoutRemarks(schema: unknown): unknown {
  return isObject(schema) ? Object.fromEntries(Object.entries(schema)) : schema;
}

type GroupVersionKind = { readonly group: string; readonly kind: string; readonly version: string };

/** Kinds that are sent as this type; DeleteOptions and WatchEvent belong to every group. */
function groupVersionKinds(name: string, registry: Registry, types: BuiltInTypes): GroupVersionKind[] {
  const type = name.slice(name.lastIndexOf(".") + 1);
  if (name === `${META}.Status`) return [{ group: "", kind: "Status", version: "v1" }];
  if (name === `${META}.DeleteOptions`) {
    const seen = new Map(registry.all().map((kind) => [documentKey(kind), kind]));
    return [...seen.values()].map(({ group, version }) => ({ group, kind: type, version }));
  }
  const key = types.keyOfName(name);
  if (key === undefined || key.startsWith("meta/") || !types.isObject(key)) return [];
  const apiVersion = key.slice(0, key.lastIndexOf("."));
  const slash = apiVersion.indexOf("/");
  const group = apiVersion.slice(0, slash);
  return [{ group: group === "core" ? "" : group, kind: type, version: apiVersion.slice(slash + 1) }];
}

/** The hash in a document's address: clients keep a document until it changes. */
export function hashOf(text: string): string {
  return createHash("sha512").update(text).digest("hex").toUpperCase();
}

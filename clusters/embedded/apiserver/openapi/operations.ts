import { apiVersionOf, type Kind, type Subresource, type Verb } from "../kinds/kind.ts";
import { type OpenApiSchema, reference } from "../schema/property.ts";

/** What a document needs to know of names: which schema a kind has. */
export type SchemaNames = {
  readonly object: (kind: Pick<Kind, "group" | "version" | "kind">) => string;
  readonly list: (kind: Kind) => string;
};

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

type Operation = { readonly [field: string]: unknown };

const text = { type: "string", uniqueItems: true };
const number = { type: "integer", uniqueItems: true };
const flag = { type: "boolean", uniqueItems: true };

const PARAMETERS: Readonly<Record<string, OpenApiSchema>> = {
  allowWatchBookmarks: flag,
  continue: text,
  dryRun: text,
  fieldManager: text,
  fieldSelector: text,
  fieldValidation: text,
  force: flag,
  gracePeriodSeconds: number,
  ignoreStoreReadErrorWithClusterBreakingPotential: flag,
  labelSelector: text,
  limit: number,
  orphanDependents: flag,
  pretty: text,
  propagationPolicy: text,
  resourceVersion: text,
  resourceVersionMatch: text,
  sendInitialEvents: flag,
  timeoutSeconds: number,
  watch: flag,
};

const LIST = [
  "allowWatchBookmarks",
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "resourceVersionMatch",
  "sendInitialEvents",
  "timeoutSeconds",
  "watch",
];
const DELETE = [
  "dryRun",
  "gracePeriodSeconds",
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "orphanDependents",
  "propagationPolicy",
];
const WRITE = ["dryRun", "fieldManager", "fieldValidation"];
const DELETE_COLLECTION = [
  ...DELETE,
  ...LIST.filter((name) => name !== "allowWatchBookmarks" && name !== "watch"),
].sort();

type Action = "list" | "get" | "post" | "put" | "patch" | "delete" | "deletecollection";

const QUERY: Readonly<Record<Action, readonly string[]>> = {
  list: LIST,
  get: [],
  post: WRITE,
  put: WRITE,
  patch: [...WRITE, "force"],
  delete: DELETE,
  deletecollection: DELETE_COLLECTION,
};
const MEANINGS: Readonly<Record<string, string>> = { "200": "OK", "201": "Created", "202": "Accepted" };
const WORDS: Readonly<Record<Action, string>> = {
  list: "list",
  get: "read",
  post: "create",
  put: "replace",
  patch: "patch",
  delete: "delete",
  deletecollection: "delete",
};

const query = (name: string): OpenApiSchema => ({ name, in: "query", schema: PARAMETERS[name] });
const inPath = (name: string): OpenApiSchema => ({ name, in: "path", required: true, schema: text });

/** The operations of one kind by path, as k8s.io/apiserver installs them. */
export function pathsOf(kind: Kind, names: SchemaNames): Record<string, Operation> {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  const paths: Record<string, Operation> = {};
  const can = (verb: Verb): boolean => kind.verbs.includes(verb);
  const operation = (action: Action, of: Target): Operation => describe(kind, action, of, names);
  const collection = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`;
  const own: Target = { kind, isList: false };
  const list: Target = { kind, isList: true };
  const add = (path: string, placed: readonly string[], operations: Record<string, Operation | false>): void => {
    const kept = Object.entries(operations).filter(([, one]) => one !== false);
    if (kept.length > 0)
      paths[path] = { ...Object.fromEntries(kept), parameters: [...placed.map(inPath), query("pretty")] };
  };
  const home = kind.namespaced ? ["namespace"] : [];
  if (kind.namespaced && can("list"))
    add(`${root}/${kind.plural}`, [], { get: operation("list", { ...list, everywhere: true }) });
  add(collection, home, {
    get: can("list") && operation("list", list),
    post: can("create") && operation("post", own),
    delete: can("deletecollection") && operation("deletecollection", own),
  });
  add(`${collection}/{name}`, ["name", ...home], {
    get: can("get") && operation("get", own),
    put: can("update") && operation("put", own),
    patch: can("patch") && operation("patch", own),
    delete: can("delete") && operation("delete", own),
  });
  for (const sub of kind.subresources) {
    // What connects to a container has no body to describe.
    if (sub.kind?.endsWith("Options") === true || sub.name === "log") continue;
    const of: Target = { kind: { ...kind, ...pickKind(kind, sub) }, isList: false, subresource: sub.name };
    add(`${collection}/{name}/${sub.name}`, ["name", ...home], {
      get: sub.verbs.includes("get") && operation("get", of),
      post: sub.verbs.includes("create") && operation("post", of),
      put: sub.verbs.includes("update") && operation("put", of),
      patch: sub.verbs.includes("patch") && operation("patch", of),
    });
  }
  return paths;
}

function pickKind(kind: Kind, sub: Subresource): Pick<Kind, "group" | "version" | "kind"> {
  return { group: sub.group ?? kind.group, version: sub.version ?? kind.version, kind: sub.kind ?? kind.kind };
}

type Target = {
  readonly kind: Kind;
  readonly isList: boolean;
  readonly subresource?: string;
  readonly everywhere?: boolean;
};

const pascal = (name: string): string =>
  name
    .split(/[.-]/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");

function describe(parent: Kind, action: Action, target: Target, names: SchemaNames): Operation {
  const { kind, isList, subresource = "" } = target;
  const isCustom = parent.isCustom === true;
  const forms = isCustom
    ? ["application/json", "application/yaml"]
    : ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];
  const answers = isList
    ? [
        ...forms,
        "application/json;stream=watch",
        ...(isCustom ? [] : ["application/vnd.kubernetes.protobuf;stream=watch"]),
      ]
    : forms;
  const isRemoval = action === "delete" || action === "deletecollection";
  const schema = reference(isRemoval ? `${META}.Status` : isList ? names.list(kind) : names.object(kind));
  const group = parent.group === "" ? "Core" : pascal(isCustom ? parent.group : parent.group.replace(/\.k8s\.io$/, ""));
  const scope = parent.namespaced && target.everywhere !== true ? "Namespaced" : "";
  const suffix = target.everywhere === true ? "ForAllNamespaces" : pascal(subresource);
  const codes =
    action === "post"
      ? ["200", "201", "202"]
      : action === "put" || action === "patch"
        ? ["200", "201"]
        : action === "delete"
          ? ["200", "202"]
          : ["200"];
  const content = (types: readonly string[], of: OpenApiSchema): OpenApiSchema =>
    Object.fromEntries([...types].sort().map((type) => [type, { schema: of }]));
  const wanted = isCustom && action === "get" ? ["resourceVersion"] : QUERY[action];
  return {
    operationId: `${WORDS[action]}${group}${pascal(parent.version)}${action === "deletecollection" ? "Collection" : ""}${scope}${parent.kind}${suffix}`,
    parameters: wanted.map(query),
    ...bodyOf(action, isCustom, schema, content),
    responses: {
      ...Object.fromEntries(
        codes.map((code) => [code, { description: MEANINGS[code], content: content(answers, schema) }]),
      ),
      "401": { description: "Unauthorized" },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group: kind.group, kind: kind.kind, version: kind.version },
  };
}

function bodyOf(
  action: Action,
  isCustom: boolean,
  schema: OpenApiSchema,
  content: (types: readonly string[], of: OpenApiSchema) => OpenApiSchema,
): Operation {
  const any = isCustom ? ["application/json", "application/yaml"] : ["*/*"];
  switch (action) {
    case "post":
    case "put":
      return { requestBody: { content: content(any, schema), required: true } };
    case "patch": {
      // kubectl takes the patch type from here: strategic merge for built-in kinds alone.
      const types = [
        "application/apply-patch+yaml",
        "application/json-patch+json",
        "application/merge-patch+json",
        ...(isCustom ? [] : ["application/strategic-merge-patch+json"]),
      ];
      return { requestBody: { content: content(types, reference(`${META}.Patch`)), required: true } };
    }
    case "delete":
    case "deletecollection":
      return { requestBody: { content: content(any, reference(`${META}.DeleteOptions`)) } };
    default:
      return {};
  }
}

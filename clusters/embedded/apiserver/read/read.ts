import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { type KubeProtoCodec, PROTOBUF_CONTENT_TYPE } from "../../../../wire/kubeproto/index.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { tableOf } from "../kinds/registry.ts";
import type { ApiRequest } from "../pipeline.ts";
import { findStored, present, type ServerContext } from "../server-context.ts";
import { versionTooLarge } from "../store/refusals.ts";
import { itemJsonOf, jsonOf } from "../store/store.ts";
import { badRequest, failure, notFoundObject } from "../validation/field-error.ts";
import { negotiate } from "./negotiate.ts";
import { type Matcher, selection } from "./selectors.ts";
import { sendList } from "./send-list.ts";
import { type IncludeObject, partial, tableOfObjects } from "./table.ts";

/** Answers GET of one object; subresources `status` and `scale` included. */
export function getObject(server: ServerContext, request: ApiRequest, kind: Kind): void {
  const { info } = request;
  const stored = findStored(server, kind, info.namespace, info.name);
  if (stored === undefined) throw notFoundObject(kind.group, kind.plural, info.name);
  const object = info.subresource === "scale" ? scaleOf(kind, stored) : present(kind, stored);
  sendObject(server, request, kind, 200, object);
}

/** Sends one object in the form the client asked for. */
export function sendObject(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  status: number,
  object: KubeObject,
): void {
  const { exchange } = request;
  const codec = codecFor(server, object);
  const form = negotiate(exchange.headers.accept, codec !== undefined);
  const headers = { "content-type": "application/json", ...warningHeaders(request.warnings) };
  if (form === "protobuf" && codec !== undefined)
    exchange.respond(status, { ...headers, "content-type": PROTOBUF_CONTENT_TYPE }, codec.encode(object));
  else if (form === "table") {
    const table = tableOfObjects(kind, [object], {
      now: server.clock.now(),
      include: includeObject(request),
      metadata: { resourceVersion: object.metadata?.resourceVersion },
    });
    exchange.respond(status, headers, JSON.stringify(table));
  } else exchange.respond(status, headers, form === "partial" ? JSON.stringify(partial(object)) : jsonOf(object));
}

/** The codec when it is loaded and knows the kind: then the answer can be protobuf. */
export function codecFor(
  { types }: ServerContext,
  { apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">,
): KubeProtoCodec | undefined {
  return types.codec?.knows(apiVersion, kind) === true ? types.codec : undefined;
}

/** `Warning: 299 - "text"`, one header a note. */
export function warningHeaders(warnings: readonly string[]): Record<string, string[]> {
  if (warnings.length === 0) return {};
  return {
    warning: [...new Set(warnings)].map((note) => `299 - "${note.replace(/[\\"]/g, "\\$&").replaceAll("\n", " ")}"`),
  };
}

export function includeObject({ exchange }: ApiRequest): IncludeObject {
  const include = exchange.query.get("includeObject") ?? "Metadata";
  if (include === "None" || include === "Object" || include === "Metadata") return include;
  throw badRequest(`includeObject must be one of None, Metadata, Object: ${JSON.stringify(include)}`);
}

/** Answers a list: the whole, or a page of it. */
export async function listObjects(server: ServerContext, request: ApiRequest, kind: Kind): Promise<void> {
  const { exchange, info } = request;
  const list = { apiVersion: apiVersionOf(kind), kind: `${kind.kind}List` };
  const codec = codecFor(server, list);
  const form = negotiate(exchange.headers.accept, codec !== undefined);
  const page = readPage(server, request);
  const matches = selection(kind, exchange.query.get("labelSelector"), exchange.query.get("fieldSelector"));
  const { items, metadata } = selectPage(server, kind, info.namespace, matches, page);
  const headers = { "content-type": "application/json", ...warningHeaders(request.warnings) };
  if (form === "table") {
    const table = tableOfObjects(kind, items, { now: server.clock.now(), include: includeObject(request), metadata });
    exchange.respond(200, headers, JSON.stringify(table));
    return;
  }
  if (form === "protobuf" && codec !== undefined) {
    const bytes = codec.encode({ ...list, metadata, items } as Parameters<typeof codec.encode>[0]);
    exchange.respond(200, { ...headers, "content-type": PROTOBUF_CONTENT_TYPE }, bytes);
    return;
  }
  const isPartial = form === "partial";
  const head = isPartial
    ? `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1"`
    : `{"kind":${JSON.stringify(list.kind)},"apiVersion":${JSON.stringify(list.apiVersion)}`;
  // Items of built-in kinds do not repeat their kind, CustomResources do.
  const textOf = isPartial
    ? (object: KubeObject): string => JSON.stringify(partial(object))
    : kind.isCustom === true
      ? jsonOf
      : itemJsonOf;
  await sendList(exchange, headers, {
    head: `${head},"metadata":${JSON.stringify(metadata)},"items":[`,
    items: items.map(textOf),
    tail: "]}",
  });
}

type Page = { readonly limit: number; readonly after: string; readonly version: number };

function readPage(server: ServerContext, { exchange }: ApiRequest): Page {
  const { query } = exchange;
  const limit = parseInteger(query.get("limit"));
  parseInteger(query.get("timeoutSeconds"));
  const token = query.get("continue");
  const version = readVersion(query.get("resourceVersion"));
  if (query.get("resourceVersionMatch") !== null && query.get("resourceVersion") === null && token === null) {
    const cause = {
      reason: "FieldValueForbidden",
      message: "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
      field: "resourceVersionMatch",
    };
    throw new KubeStatusError({
      ...failure(422, "Invalid", `ListOptions.meta.k8s.io "" is invalid: ${cause.field}: ${cause.message}`),
      details: { group: "meta.k8s.io", kind: "ListOptions", causes: [cause] },
    });
  }
  if (version !== undefined && version > server.store.version) throw versionTooLarge(version, server.store.version);
  const isExact = query.get("resourceVersionMatch") === "Exact" && version !== undefined;
  if (token === null || token === "") return { limit, after: "", version: isExact ? version : server.store.version };
  return { limit, ...decodeContinue(token) };
}

function selectPage(
  server: ServerContext,
  kind: Kind,
  namespace: string,
  matches: Matcher | undefined,
  page: Page,
): { readonly items: KubeObject[]; readonly metadata: Record<string, unknown> } {
  const prefix = kind.namespaced && namespace !== "" ? `${namespace}/` : "";
  // A page belongs to the list that the first one began.
  const stored = server.store.listAt(tableOf(kind), prefix, page.version);
  const found = (matches === undefined ? stored : stored.filter(matches)).filter(
    (object) => page.after === "" || keyOf(kind, object) > page.after,
  );
  const cut = page.limit > 0 && found.length > page.limit ? found.slice(0, page.limit) : found;
  const last = cut.at(-1);
  const metadata: Record<string, unknown> = { resourceVersion: String(page.version) };
  if (cut.length < found.length && last !== undefined) {
    metadata["continue"] = Buffer.from(
      JSON.stringify({ v: "meta.k8s.io/v1", rv: page.version, start: keyOf(kind, last) }),
    ).toString("base64url");
    if (matches === undefined) metadata["remainingItemCount"] = found.length - cut.length;
  }
  return { items: cut.map((object) => present(kind, object)), metadata };
}

function keyOf(kind: Kind, { metadata }: KubeObject): string {
  return kind.namespaced ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? "");
}

function decodeContinue(token: string): { readonly after: string; readonly version: number } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as { rv: number; start: string };
    if (typeof start === "string" && Number.isInteger(rv)) return { after: start, version: rv };
  } catch {
    // falls through to the refusal below
  }
  throw badRequest(`invalid continue token: continue key is not valid: ${faultOf(token)}`);
}

/** In Go's words: what is wrong with the token as base64, else with the JSON in it. */
function faultOf(token: string): string {
  const bad = /[^A-Za-z0-9_-]/.exec(token)?.index ?? (token.length % 4 === 1 ? token.length - 1 : undefined);
  if (bad !== undefined) return `illegal base64 data at input byte ${bad}`;
  const first = Buffer.from(token, "base64url").toString("latin1")[0] ?? "";
  return `invalid character '${first}' looking for beginning of value`;
}

/** A whole number of a query, as Go reads an int64; 0 when it is not there. @throws KubeStatusError 400 */
export function parseInteger(text: string | null): number {
  if (text === null || text === "") return 0;
  const parsing = `strconv.ParseInt: parsing ${JSON.stringify(text)}`;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`${parsing}: invalid syntax`);
  const value = BigInt(text.replace("+", ""));
  if (BigInt.asIntN(64, value) !== value) throw badRequest(`${parsing}: value out of range`);
  return Number(value);
}

/**
 * A resourceVersion of a query; undefined for none and for "any".
 * @param refuse how a real server tells of one that is no number: of a list it is the client's fault, of a watch a
 *   plain failure
 */
export function readVersion(
  text: string | null,
  refuse = (why: string): KubeStatusError => badRequest(`invalid resource version: ${why}`),
): number | undefined {
  if (text === null || text === "" || text === "0") return undefined;
  const shown = JSON.stringify(text);
  if (!/^\d+$/.test(text))
    throw refuse(`resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`);
  return Number(text);
}

/** autoscaling/v1 Scale of a workload. */
export function scaleOf(kind: Kind, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = object["spec"] as { selector?: { matchLabels?: Record<string, string> } };
  const at = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  const { specPath = ["spec", "replicas"], statusPath = ["status", "replicas"], selectorPath } = kind.scale ?? {};
  const selector =
    kind.isCustom === true
      ? String((selectorPath === undefined ? undefined : at(selectorPath)) ?? "")
      : Object.entries(spec.selector?.matchLabels ?? {})
          .map(([key, value]) => `${key}=${value}`)
          .join(",");
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: Object.fromEntries(
      Object.entries({ name, namespace, uid, resourceVersion, creationTimestamp }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
    spec: { replicas: at(specPath) ?? 0 },
    status: { replicas: at(statusPath) ?? 0, ...(selector !== "" && { selector }) },
  };
}

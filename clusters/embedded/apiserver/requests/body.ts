import { goJsonError, goTokenOf } from "../../../../core/go/index.ts";
import { isMountproofError, messageOf } from "../../../../core/index.ts";
import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { HttpExchange } from "../../../../net/index.ts";
import { isObject } from "../crd/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import type { ServerExtensions } from "../pipeline.ts";
import { unsupportedMediaType } from "../store/refusals.ts";
import { badRequest } from "../validation/field-error.ts";
import { duplicateFields } from "./duplicates.ts";

const JSON_TYPE = "application/json";
/** Go's name for what it reads of any object before it knows the kind (runtime/serializer/json, meta.go). */
export const TYPE_OF_ANY = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
const ACCEPTED = [JSON_TYPE, "application/yaml", "application/vnd.kubernetes.protobuf"];

/** `application/json; charset=utf-8` → `application/json`; JSON when nothing is said, as a real server assumes. */
export function mediaTypeOf(exchange: Pick<HttpExchange, "headers">): string {
  const type = (exchange.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return type === "" ? JSON_TYPE : type;
}

/**
 * The object in the body of a write, whose kind must be the one the path names.
 * @throws KubeStatusError 400 for what is no object of that kind, 415 for a form that is not read
 */
export async function readObject(
  exchange: HttpExchange,
  kind: Pick<Kind, "group" | "version" | "kind">,
  extensions: ServerExtensions,
): Promise<KubeObject> {
  return (await readBody(exchange, kind, extensions)).object;
}

/** The same, and the fields that the text names twice. */
export async function readBody(
  exchange: HttpExchange,
  kind: Pick<Kind, "group" | "version" | "kind">,
  extensions: ServerExtensions,
): Promise<{ readonly object: KubeObject; readonly duplicates: readonly string[] }> {
  const type = mediaTypeOf(exchange);
  const body = await exchange.body();
  const expected = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  const object = (await decode(type, body, kind, extensions)) as Partial<KubeObject>;
  const given = { apiVersion: object.apiVersion || expected.apiVersion, kind: object.kind || expected.kind };
  if (given.apiVersion !== expected.apiVersion || given.kind !== expected.kind) throw otherKind(given, expected);
  const wants = exchange.query.get("fieldValidation") !== "Ignore" && type === JSON_TYPE;
  return {
    // Metadata of another form is refused when the object is read as its kind.
    object: {
      ...object,
      ...expected,
      metadata: isObject(object.metadata ?? {}) ? { ...object.metadata } : object.metadata,
    } as KubeObject,
    duplicates: wants ? duplicateFields(body.toString("utf8"), object) : [],
  };
}

/** The body as JSON, whatever it holds; undefined for an empty one. DeleteOptions are read by it. */
export async function readJson(exchange: HttpExchange, extensions: ServerExtensions): Promise<unknown> {
  const body = await exchange.body();
  if (body.length === 0) return undefined;
  const type = mediaTypeOf(exchange);
  const decoder = extensions.decoders.get(type);
  if (decoder !== undefined) return await decoder(body);
  try {
    const text = body.toString("utf8");
    if (isTooDeep(text)) throw badRequest("error decoding: exceeded max depth");
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof KubeStatusError) throw error;
    throw badRequest(`error decoding: ${messageOf(error)}`);
  }
}

async function decode(
  type: string,
  body: Buffer,
  kind: Pick<Kind, "kind" | "version">,
  extensions: ServerExtensions,
): Promise<Record<string, unknown>> {
  const cannot = (why: string): KubeStatusError =>
    badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why}`);
  const decoder = extensions.decoders.get(type);
  if (decoder !== undefined) {
    try {
      return (await decoder(body)) as Record<string, unknown>;
    } catch (error) {
      if (isMountproofError(error) && error.code === "unsupported") throw unsupportedMediaType([JSON_TYPE]);
      throw cannot(messageOf(error));
    }
  }
  if (type !== JSON_TYPE && type !== "application/yaml") throw unsupportedMediaType(ACCEPTED);
  const text = body.toString("utf8");
  const unread = (why: string): KubeStatusError =>
    cannot(`couldn't get version/kind; json parse error: ${why} (${summaryOf(body)})`);
  let value: unknown;
  if (isTooDeep(text)) throw unread("exceeded max depth");
  try {
    value = type === JSON_TYPE ? JSON.parse(text) : await readYaml(text);
  } catch (error) {
    throw unread(type === JSON_TYPE ? (goJsonError(text) ?? messageOf(error)) : messageOf(error));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unread(`json: cannot unmarshal ${goTokenOf(value)} into Go value of type ${TYPE_OF_ANY}`);
  return value as Record<string, unknown>;
}

/** Bytes of a body that cannot be read which its refusal shows. */
const MAX_SHOWN = 30;

/** What Go shows of it: the beginning of an object, of anything else in hexadecimal digits. */
function summaryOf(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const shown = body.subarray(0, MAX_SHOWN).toString(body[0] === "{".charCodeAt(0) ? "utf8" : "hex");
  return body.length > MAX_SHOWN ? `${shown} ...` : shown;
}

/** Loaded by the first body of that form: programs send JSON or protobuf. */
async function readYaml(text: string): Promise<unknown> {
  const { parseAllDocuments } = await import("yaml");
  return parseAllDocuments(text).at(0)?.toJS();
}

/** Deeper than any object of Kubernetes; Go's own reader stops at 10,000. */
const MAX_DEPTH = 1_000;

/** Whether brackets of a JSON text stand within each other deeper than is read. */
export function isTooDeep(text: string): boolean {
  if (text.length < 2 * MAX_DEPTH) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === 0x22) at = endOfString(text, at);
    else if (sign === 0x7b || sign === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (sign === 0x7d || sign === 0x5d) depth--;
  }
  return false;
}

/** Where the string that begins at `from` ends; the end of the text for one that does not. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function otherKind(
  given: { readonly apiVersion: string; readonly kind: string },
  expected: { readonly apiVersion: string; readonly kind: string },
): KubeStatusError {
  const head = `${given.kind} in version ${JSON.stringify(given.apiVersion)} cannot be handled as a ${expected.kind}`;
  if (given.apiVersion !== expected.apiVersion)
    return badRequest(
      `${head}: no kind "${given.kind}" is registered for version "${given.apiVersion}" in scheme "pkg/runtime/scheme.go:110"`,
    );
  const version = expected.apiVersion.split("/").at(-1);
  return badRequest(`${head}: converting (${version}.${given.kind}) to (core.${expected.kind}): unknown conversion`);
}

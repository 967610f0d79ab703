import {
  create,
  type DescMessage,
  type DescMethod,
  fromJson,
  type JsonObject,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { isMountproofError, messageOf } from "../../../core/index.ts";
import type { HttpExchange } from "../../../net/index.ts";
import type { AnyHandler, BoundService, ServerCall } from "../../../wire/grpc/server.ts";
import { GrpcError, GrpcStatus } from "../../../wire/grpc/status.ts";
import { errorBody, httpStatusOf, invalid, refusal } from "../status.ts";
import { ROUTES } from "./routes.ts";

type Bound = { readonly method: DescMethod; readonly handler: AnyHandler };

/** The same methods as over gRPC, over plain HTTP with JSON. */
export class RestApi {
  readonly #methods = new Map<string, Bound>();

  constructor(services: readonly BoundService[]) {
    for (const { descriptor, handlers } of services)
      for (const method of descriptor.methods) {
        const handler = handlers.get(method.localName);
        if (handler !== undefined) this.#methods.set(`${descriptor.typeName}/${method.localName}`, { method, handler });
      }
  }

  /** @returns false for a path that none of the services has */
  async answer(
    exchange: HttpExchange,
    call: ServerCall,
    onEnd: (status: GrpcError | undefined) => void,
  ): Promise<boolean> {
    const found = ROUTES.find(({ verb, path }) => verb === exchange.method && path.test(exchange.path));
    if (found === undefined) return false;
    const bound = this.#methods.get(`${found.service}/${found.method}`);
    if (bound === undefined) return false;
    try {
      const target = found.path.exec(exchange.path)?.[1] ?? "";
      const request = await requestOf(exchange, bound.method.input, found, target);
      const reply = await bound.handler(request, call);
      const message = create(bound.method.output, reply as object as Record<string, unknown>);
      onEnd(undefined);
      sendJson(exchange, 200, toJson(bound.method.output, message));
    } catch (error) {
      const status =
        error instanceof GrpcError ? error : new GrpcError(codeOf(error), messageOf(error), { cause: error });
      onEnd(status);
      refuseRest(exchange, status);
    }
    return true;
  }
}

/** Google's servers indent their JSON by two. */
export function sendJson(exchange: HttpExchange, status: number, value: unknown): void {
  exchange.respond(
    status,
    { "content-type": "application/json; charset=UTF-8", vary: "Origin, X-Origin, Referer" },
    `${JSON.stringify(value, null, 2)}\n`,
  );
}

export function refuseRest(exchange: HttpExchange, error: GrpcError): void {
  sendJson(exchange, httpStatusOf(error.code), errorBody(error));
}

/** Nothing is served at this path: Google answers with a page. */
export function noSuchPath(exchange: HttpExchange): void {
  exchange.respond(
    404,
    { "content-type": "text/html; charset=UTF-8" },
    `<!DOCTYPE html>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> <ins>That’s an error.</ins>\n<p>The requested URL <code>${escaped(exchange.path)}</code> was not found on this server.\n`,
  );
}

async function requestOf(
  exchange: HttpExchange,
  input: DescMessage,
  { field, body: bodyField }: (typeof ROUTES)[number],
  target: string,
): Promise<object> {
  const json: JsonObject = {};
  if (bodyField === "*") Object.assign(json, await bodyOf(exchange));
  else if (bodyField !== undefined) json[bodyField] = await bodyOf(exchange);
  for (const [name, value] of exchange.query) {
    if (name.startsWith("$") || ["alt", "key", "prettyPrint", "fields", "quotaUser"].includes(name)) continue;
    put(json, camel(name).split("."), queryValue(input, camel(name), value));
  }
  put(json, field.split("."), target);
  try {
    return fromJson(input, json);
  } catch (error) {
    throw invalid(`Invalid JSON payload received. ${messageOf(error)}`);
  }
}

async function bodyOf(exchange: HttpExchange): Promise<JsonObject> {
  const text = (await exchange.body()).toString("utf8");
  if (text.trim() === "") return {};
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    throw invalid("Invalid JSON payload received. Unexpected end of string or token.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refusal(GrpcStatus.INVALID_ARGUMENT, "Invalid JSON payload received. Root element must be a message.");
  return value;
}

/** Numbers of a query come as text. */
function queryValue(input: DescMessage, name: string, value: string): JsonValue {
  const field = input.fields.find(({ jsonName }) => jsonName === name);
  if (field?.fieldKind === "scalar" && /^-?\d+$/.test(value) && field.scalar !== 9) return Number(value);
  return value;
}

function put(json: JsonObject, [name = "", ...rest]: readonly string[], value: JsonValue): void {
  if (rest.length === 0) {
    json[name] = value;
    return;
  }
  const inner = (json[name] ?? {}) as JsonObject;
  json[name] = inner;
  put(inner, rest, value);
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function escaped(text: string): string {
  return text.replace(/[<>&]/g, (sign) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[sign] ?? sign);
}

/** What is too large is its sender's mistake. */
function codeOf(error: unknown): number {
  return isMountproofError(error, "resource_exhausted") ? GrpcStatus.INVALID_ARGUMENT : GrpcStatus.INTERNAL;
}

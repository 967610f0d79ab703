import type { IncomingHttpHeaders } from "node:http";
import { isObject, type JsonObject, parseJson } from "../../../core/go/json.ts";
import type { Namespace, Namespaces } from "../core/namespaces.ts";
import { bare, refuse, VaultError } from "../framework/errors.ts";
import type { Operation, VaultRequest } from "../framework/request.ts";
import { parseSeconds } from "../values/duration.ts";

/** What is needed of an HTTP request. */
export type HttpInput = {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
  readonly body: () => Promise<Buffer>;
};

/** Takes HTTP off a request. Throws {@link VaultError} for what Vault refuses before it looks at the token. */
export async function parseRequest(input: HttpInput, namespaces: Namespaces, id: string): Promise<VaultRequest> {
  const { namespace, path } = locate(input, namespaces);
  const { operation, data, asFolder } = await operationOf(input);
  const wrapSeconds = wrapOf(input.headers);
  return {
    id,
    namespace,
    operation,
    path: asFolder && !path.endsWith("/") ? `${path}/` : path,
    data,
    clientToken: tokenOf(input.headers),
    remoteAddress: input.remoteAddress,
    ...(wrapSeconds === undefined ? {} : { wrapSeconds }),
  };
}

function locate(input: HttpInput, namespaces: Namespaces): { readonly namespace: Namespace; readonly path: string } {
  const header = headerText(input.headers, "x-vault-namespace");
  const base = header === undefined || header === "" ? namespaces.root : namespaces.find(header);
  if (base === undefined) throw refuse("namespace not found", 404);
  // A namespace may also lead the path.
  return namespaces.split(base, input.path.slice("/v1/".length));
}

async function operationOf(
  input: HttpInput,
): Promise<{ readonly operation: Operation; readonly data: JsonObject; readonly asFolder: boolean }> {
  switch (input.method) {
    case "GET": {
      const isList = listAsked(input.query);
      if (input.query.has("help")) throw refuse("path help is not supported by this server", 501);
      return { operation: isList ? "list" : "read", data: queryData(input.query), asFolder: isList };
    }
    case "LIST":
      return { operation: "list", data: queryData(input.query), asFolder: true };
    case "DELETE":
      return { operation: "delete", data: queryData(input.query), asFolder: false };
    case "POST":
    case "PUT":
      return { operation: "update", data: await bodyData(input, true), asFolder: false };
    case "PATCH":
      checkPatchType(headerText(input.headers, "content-type"));
      return { operation: "patch", data: await bodyData(input, false), asFolder: false };
    default:
      throw bare(405);
  }
}

function listAsked(query: URLSearchParams): boolean {
  const list = query.get("list");
  if (list === null) return false;
  if (/^(1|t|T|TRUE|true|True)$/.test(list)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(list)) return false;
  throw bare(400);
}

function queryData(query: URLSearchParams): JsonObject {
  const data: JsonObject = {};
  for (const key of query.keys()) {
    if (key === "list" || key === "help") continue;
    const values = query.getAll(key);
    data[key] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return data;
}

function checkPatchType(type: string | undefined): void {
  if (type === undefined) throw refuse("mime: no media type");
  const bare = type.split(";")[0]?.trim().toLowerCase();
  if (bare !== "application/merge-patch+json")
    throw refuse(`PATCH requires Content-Type of application/merge-patch+json, provided ${bare}`, 415);
}

/** JSON whatever the content type says; a form only where it says so and the body does not begin as JSON. */
async function bodyData(input: HttpInput, mayBeForm: boolean): Promise<JsonObject> {
  const text = (await input.body()).toString("utf8");
  if (text.trim() === "") return {};
  const type = headerText(input.headers, "content-type") ?? "";
  if (mayBeForm && type.startsWith("application/x-www-form-urlencoded") && !text.trimStart().startsWith("{"))
    return queryData(new URLSearchParams(text));
  try {
    const value = parseJson(text);
    if (value === null) return {};
    if (isObject(value) && !Array.isArray(value)) return value;
  } catch {
    // Answered below, without the parser's own words.
  }
  throw refuse("error parsing JSON");
}

function wrapOf(headers: IncomingHttpHeaders): number | undefined {
  const raw = headerText(headers, "x-vault-wrap-ttl");
  if (raw === undefined || raw === "") return undefined;
  let seconds: number;
  try {
    seconds = parseSeconds(raw);
  } catch (error) {
    throw new VaultError(400, [`error parsing X-Vault-Wrap-TTL header: ${(error as Error).message}`]);
  }
  if (seconds < 0) throw refuse("requested wrap ttl cannot be negative");
  return seconds;
}

/** `X-Vault-Token`, or a bearer. */
export function tokenOf(headers: IncomingHttpHeaders): string {
  const token = headerText(headers, "x-vault-token");
  if (token !== undefined && token !== "") return token;
  return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
}

export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

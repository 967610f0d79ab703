import { createPublicKey } from "node:crypto";
import type { HttpExchange } from "../../../net/index.ts";
import type { AccessTokens } from "../directory/tokens.ts";
import type { Collection, Permission } from "./access.ts";
import { Bundles } from "./bundles.ts";
import { bundleOf, keyValue, newKey } from "./material.ts";
import type { AttributesInput, Version } from "./object-store.ts";
import { type Kind, refusals, VaultRefusal } from "./refusal.ts";
import { PKCS12, type Vault } from "./vault.ts";

export type ServeParts = {
  readonly vault: Vault;
  readonly tokens: AccessTokens;
  /** What a token must be for: `https://vault.azure.net`. */
  readonly resource: string;
  /** Where tokens are to be had: `https://login.microsoftonline.com`. */
  readonly authority: string;
};

const PATH = /^\/(deleted)?(secrets|keys|certificates)(?:\/([^/]+))?(?:\/([^/]*))?\/?$/;
const NAME = /^[0-9a-zA-Z-]{1,127}$/;
const KINDS: Readonly<Record<Collection, Kind>> = { secrets: "secret", keys: "key", certificates: "certificate" };
const PAGE = 25;

type Body = Readonly<Record<string, unknown>>;
type Call = ServeParts & {
  readonly exchange: HttpExchange;
  readonly bundles: Bundles;
  readonly collection: Collection;
  readonly name: string;
  readonly rest: string;
  readonly allow: (permission: Permission) => void;
};

/** Key Vault's data plane: first who asks, then what for. What is not served is refused in its own words. */
export async function serveVault(exchange: HttpExchange, parts: ServeParts): Promise<void> {
  try {
    const { status = 200, body } = await answer(exchange, parts);
    if (body === undefined) return exchange.respond(status);
    exchange.json(status, body, HEADERS);
  } catch (error) {
    if (!(error instanceof VaultRefusal)) throw error;
    const challenge = `Bearer authorization="${parts.authority}/${parts.vault.tenantId}", resource="${parts.resource}"`;
    exchange.json(error.status, error.body, {
      ...HEADERS,
      ...(error.status === 401 && { "www-authenticate": challenge }),
    });
  }
}

const HEADERS = { "content-type": "application/json; charset=utf-8", "x-ms-keyvault-region": "westeurope" };

type Answer = { readonly status?: number; readonly body?: unknown };

async function answer(exchange: HttpExchange, parts: ServeParts): Promise<Answer> {
  const { vault, tokens, resource } = parts;
  const [scheme, token] = (exchange.headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() !== "bearer" || token === undefined)
    throw refusals.unauthorized("AKV10000: Request is missing a Bearer or PoP token.");
  let caller: ReturnType<AccessTokens["verify"]>;
  try {
    caller = tokens.verify(token, resource, vault.tenantId);
  } catch (error) {
    throw refusals.unauthorized((error as Error).message);
  }
  if (!exchange.query.has("api-version")) throw refusals.bad("api-version must be specified");
  // An escaped slash belongs to a name, which is then none.
  const match = PATH.exec(exchange.rawPath);
  if (match === null) throw refusals.notServed(exchange.method, exchange.path);
  const [, deleted, kind, rawName = "", rawRest = ""] = match;
  const collection = kind as Collection;
  const [name, rest] = [decoded(rawName), decoded(rawRest)];
  if (name !== "" && !NAME.test(name)) throw refusals.bad(`The request URI contains an invalid name: ${name}`);
  const call: Call = {
    ...parts,
    exchange,
    bundles: new Bundles(`https://${exchange.headers.host}`),
    collection,
    name,
    rest,
    allow: (permission) => vault.access.check(caller, collection, permission, name === "" ? undefined : name),
  };
  return deleted === undefined ? await live(call) : gone(call);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function live(call: Call): Promise<Answer> {
  const { exchange, collection, name, rest, allow, vault } = call;
  const store = vault[collection];
  const { method } = exchange;
  if (method === "GET") {
    if (name === "" || rest === "versions") {
      allow("list");
      return { body: list(call) };
    }
    if (rest === "pending" || rest === "policy") throw refusals.notServed(method, exchange.path);
    allow("get");
    const found = store.get(name, rest);
    // A key and a certificate are public: only a secret is kept back.
    if (collection === "secrets" && !found.attributes.enabled) throw refusals.disabled(KINDS[collection]);
    return { body: shown(call, found) };
  }
  if (name === "") throw refusals.notServed(method, exchange.path);
  if (method === "DELETE" && rest === "") {
    allow("delete");
    const current = store.get(name, "");
    return { body: call.bundles.deleted(collection, name, vault.remove(collection, name), shown(call, current)) };
  }
  if (method === "PATCH") {
    allow(collection === "secrets" ? "set" : "update");
    const body = await bodyOf(exchange);
    for (const member of ["key_ops", "policy", "release_policy"])
      if (body[member] !== undefined) throw refusals.notTaken(`a change of ${member}`);
    const tags = tagsOf(body);
    const { contentType } = body;
    const change = { attributes: attributesOf(body), ...(tags !== undefined && { tags }) };
    if (collection !== "secrets" || typeof contentType !== "string")
      return { body: shown(call, store.update(name, rest, change)) };
    return { body: shown(call, vault.secrets.update(name, rest, { ...change, value: { contentType } })) };
  }
  return await put(call);
}

async function put(call: Call): Promise<Answer> {
  const { exchange, collection, name, rest, allow, vault } = call;
  const { method } = exchange;
  if (method === "POST" && rest === "backup") {
    allow("backup");
    return { body: { value: vault.backup(collection, name) } };
  }
  if (method === "POST" && name === "restore" && rest === "") {
    allow("restore");
    const { value } = await bodyOf(exchange);
    const restored = vault.restore(collection, String(value ?? ""));
    return { body: shown({ ...call, name: restored }, vault[collection].get(restored, "")) };
  }
  const body = await bodyOf(exchange);
  const tags = tagsOf(body);
  const more = { attributes: attributesOf(body), ...(tags !== undefined && { tags }) };
  if (collection === "secrets" && method === "PUT" && rest === "") {
    allow("set");
    const { value, contentType } = body;
    if (typeof value !== "string") throw refusals.bad("The parameter value is not specified.");
    const added = vault.setSecret(name, { ...more, value, ...(typeof contentType === "string" && { contentType }) });
    return { body: shown(call, added) };
  }
  if (collection === "keys" && method === "POST" && rest === "create") {
    allow("create");
    const { kty = "", crv, key_size: size } = body as { kty?: string; crv?: string; key_size?: number };
    const key = await newKey(kty, crv ?? undefined, size ?? undefined);
    return { body: shown(call, vault.keys.add(name, { ...more, value: keyValue(key, kty) })) };
  }
  if (collection === "keys" && method === "PUT" && rest === "") {
    allow("import");
    const { key } = body as { key?: Readonly<Record<string, string>> };
    return { body: shown(call, vault.keys.add(name, { ...more, value: imported(key ?? {}) })) };
  }
  if (collection === "certificates" && method === "POST" && rest === "import") {
    allow("import");
    const { value, pwd, policy } = body as {
      value?: string;
      pwd?: string;
      policy?: { secret_props?: { contentType?: string } };
    };
    if (pwd !== undefined && pwd !== null && pwd !== "")
      throw new VaultRefusal(
        501,
        "NotImplemented",
        "a certificate with a password is not read by this fake of Key Vault",
      );
    const contentType =
      policy?.secret_props?.contentType ?? (value?.includes("-----BEGIN") ? "application/x-pem-file" : PKCS12);
    return { body: shown(call, vault.setCertificate(name, bundleOf(value ?? ""), { ...more, contentType })) };
  }
  throw refusals.notServed(method, exchange.path);
}

function gone(call: Call): Answer {
  const { exchange, collection, name, rest, allow, vault, bundles } = call;
  const store = vault[collection];
  const { method } = exchange;
  const bundle = (of: string): Body => {
    const deleted = store.deleted(of);
    const last = deleted.versions.at(-1);
    return bundles.deleted(collection, of, deleted, last === undefined ? {} : shown({ ...call, name: of }, last));
  };
  if (method === "GET" && rest === "") {
    allow(name === "" ? "list" : "get");
    return { body: name === "" ? page(call, store.deletedNames().map(bundle)) : bundle(name) };
  }
  if (method === "POST" && rest === "recover") {
    allow("recover");
    return { body: shown(call, vault.recover(collection, name)) };
  }
  if (method === "DELETE" && rest === "") {
    allow("purge");
    vault.purge(collection, name);
    return { status: 204 };
  }
  throw refusals.notServed(method, exchange.path);
}

function shown(
  { bundles, collection, name }: Pick<Call, "bundles" | "collection" | "name">,
  found: Version<unknown>,
): Body {
  if (collection === "secrets") return bundles.secret(name, found as Parameters<Bundles["secret"]>[1]);
  if (collection === "keys") return bundles.key(name, found as Parameters<Bundles["key"]>[1]);
  return bundles.certificate(name, found as Parameters<Bundles["certificate"]>[1]);
}

function list(call: Call): Body {
  const { collection, name, vault, bundles } = call;
  const store = vault[collection];
  return page(
    call,
    name === ""
      ? store.names().map((one) => bundles.entry(collection, one, store.get(one, ""), false))
      : store.versions(name).map((one) => bundles.entry(collection, name, one, true)),
  );
}

/** Pages of at most `maxresults`; the next one's address is absolute, as Key Vault gives it. */
function page({ exchange, vault }: Call, all: readonly Body[]): Body {
  const { query, headers, rawPath } = exchange;
  const from = Number(query.get("$skiptoken") ?? 0);
  const size = Number(query.get("maxresults") ?? vault.pageSize);
  if (!Number.isInteger(size) || size < 1 || size > PAGE)
    throw refusals.bad(`maxresults must be between 1 and ${PAGE}`);
  const isLast = from + size >= all.length;
  const next = new URLSearchParams({
    "api-version": query.get("api-version") ?? "",
    $skiptoken: String(from + size),
    maxresults: String(size),
  });
  return {
    value: all.slice(from, from + size),
    nextLink: isLast ? null : `https://${headers.host}${rawPath}?${next}`,
  };
}

async function bodyOf(exchange: HttpExchange): Promise<Body> {
  try {
    const value: unknown = JSON.parse((await exchange.body()).toString("utf8") || "{}");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Body;
  } catch {
    // told below
  }
  throw refusals.bad("The request body is not a JSON object.");
}

function attributesOf({ attributes }: Body): AttributesInput {
  const { enabled, exp, nbf } = (attributes ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof enabled === "boolean" && { enabled }),
    ...(typeof exp === "number" && { exp }),
    ...(typeof nbf === "number" && { nbf }),
  };
}

function tagsOf({ tags }: Body): Readonly<Record<string, string>> | undefined {
  return typeof tags === "object" && tags !== null ? (tags as Readonly<Record<string, string>>) : undefined;
}

function imported(key: Readonly<Record<string, string>>) {
  const { kty = "", crv } = key;
  try {
    const jwk = { ...key, kty: kty.replace("-HSM", ""), ...(crv === "P-256K" && { crv: "secp256k1" }) };
    return keyValue(createPublicKey({ key: jwk, format: "jwk" }), kty);
  } catch {
    throw refusals.bad("The key to import is not valid.");
  }
}

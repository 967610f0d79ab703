import { readFile, stat } from "node:fs/promises";
import { type Clock, MountproofError } from "../core/index.ts";
import { createHttpClient, type Dialer, type HttpClient, type HttpResponse, type HttpTransport } from "../net/index.ts";
import {
  type KubeClient,
  type KubeConfig,
  KubeStatusError,
  type List,
  type ListOptions,
  type PatchType,
  type WatchEvent,
  type WriteOptions,
} from "./client.ts";
import { apiVersionOf, pathOf } from "./resources.ts";
import type { KubeObject, Status } from "./types.ts";

export type KubeClientOptions = {
  readonly clock: Clock;
  /** How the server's name becomes a connection; loopback alone by default. */
  readonly dialer?: Dialer;
  /** Connections that it shares with others; they reach the server in its way, whatever the dialer and config say. */
  readonly transport?: HttpTransport;
};

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** @see KubeClient */
export function createKubeClient(config: KubeConfig, options: KubeClientOptions): KubeClient {
  const { credentials } = config;
  const http: HttpClient = createHttpClient({
    clock: options.clock,
    caPem: config.caPem,
    ...(config.memory !== undefined && { memory: config.memory }),
    ...(options.dialer !== undefined && { dialer: options.dialer }),
    ...(options.transport !== undefined && { transport: options.transport }),
    ...(credentials.kind === "certificate" && { clientCertificate: credentials }),
  });
  const authorization = bearerOf(config);
  const headersOf = async (extra: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> => {
    const token = await authorization();
    return {
      accept: "application/json",
      "user-agent": config.userAgent ?? "mountproof",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...extra,
    };
  };
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    contentType = "application/json",
    signal?: AbortSignal,
  ): Promise<HttpResponse> =>
    await http.request({
      method,
      url: `${config.server}${path}`,
      headers: await headersOf(body === undefined ? {} : { "content-type": contentType }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  const object = async <T>(response: Promise<HttpResponse>): Promise<T> => parse<T>(await response);

  return {
    config,
    get: (kind, name, namespace, { signal } = {}) =>
      object(
        send(
          "GET",
          pathOf(kind, { name, ...(namespace !== undefined && { namespace }) }),
          undefined,
          undefined,
          signal,
        ),
      ),
    find: async (kind, name, namespace) => {
      const response = await send("GET", pathOf(kind, { name, ...(namespace !== undefined && { namespace }) }));
      return response.status === 404 && isMissing(response) ? undefined : parse(response);
    },
    list: async <T extends KubeObject>(kind: Parameters<KubeClient["list"]>[0], list: ListOptions = {}) => {
      const found = await object<List<T>>(send("GET", `${pathOf(kind, namespaceOf(list))}${query(listQuery(list))}`));
      // Items of a list come without kind; whoever takes one out of it wants to know.
      for (const item of found.items ?? []) {
        item.apiVersion ??= apiVersionOf(kind);
        item.kind ??= kind.kind;
      }
      return { ...found, items: found.items ?? [] };
    },
    create: (kind, value, write = {}) => {
      const { namespace, name } = value.metadata;
      const target = {
        ...(namespace !== undefined && { namespace }),
        ...(write.subresource !== undefined && { name: name ?? "", subresource: write.subresource }),
      };
      return object(send("POST", `${pathOf(kind, target)}${query(writeQuery(write))}`, value, undefined, write.signal));
    },
    update: (kind, value, write = {}) => {
      const path = pathOf(kind, {
        ...targetOf(value.metadata),
        ...(write.subresource !== undefined && { subresource: write.subresource }),
      });
      return object(send("PUT", `${path}${query(writeQuery(write))}`, value, undefined, write.signal));
    },
    patch: (kind, target, type, body, write = {}) => {
      const path = pathOf(kind, {
        ...target,
        ...(write.subresource !== undefined && { subresource: write.subresource }),
      });
      return object(send("PATCH", `${path}${query(writeQuery(write))}`, body, PATCH_TYPES[type], write.signal));
    },
    delete: async (kind, target, { gracePeriodSeconds, propagationPolicy, preconditions, ...write } = {}) => {
      const body = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds, propagationPolicy, preconditions };
      parse(await send("DELETE", `${pathOf(kind, target)}${query(writeQuery(write))}`, body, undefined, write.signal));
    },
    watch: (kind, watch) =>
      watchEvents(options.clock, http, `${config.server}${pathOf(kind, namespaceOf(watch))}`, watch, headersOf),
    raw: async (method, path, raw = {}) => {
      const response = await http.request({
        method,
        url: `${config.server}${path}`,
        headers: await headersOf({
          ...(raw.accept !== undefined && { accept: raw.accept }),
          ...(raw.body !== undefined && { "content-type": raw.contentType ?? "application/json" }),
        }),
        ...(raw.body !== undefined && {
          body: typeof raw.body === "string" || raw.body instanceof Uint8Array ? raw.body : JSON.stringify(raw.body),
        }),
        ...(raw.signal !== undefined && { signal: raw.signal }),
      });
      const headers = Object.entries(response.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : (value ?? ""),
      ]);
      return {
        status: response.status,
        headers: Object.fromEntries(headers) as Record<string, string>,
        body: response.body.toString("utf8"),
      };
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

type WatchOptions = Parameters<KubeClient["watch"]>[1] & {
  readonly channel?: string;
  readonly sendInitialEvents?: boolean;
};

/** Header by which a reader in the same process names its activity channel (see `Informer`). */
export const WATCH_HEADER = "x-mountproof-watch";

async function* watchEvents<T extends KubeObject>(
  clock: Clock,
  http: HttpClient,
  url: string,
  options: WatchOptions,
  headersOf: (extra?: Readonly<Record<string, string>>) => Promise<Record<string, string>>,
): AsyncIterable<WatchEvent<T>> {
  const parameters = {
    ...listQuery(options),
    watch: "true",
    ...(options.allowBookmarks === true && { allowWatchBookmarks: "true" }),
    ...(options.sendInitialEvents === true && { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" }),
  };
  // A refusal is told by its body: until that is read, the reader does not know that it has to list again.
  const stream = await clock.activity.track("watch begins", async () => {
    const opened = await http.stream({
      method: "GET",
      url: `${url}${query(parameters)}`,
      headers: await headersOf(options.channel === undefined ? {} : { [WATCH_HEADER]: options.channel }),
      signal: options.signal,
    });
    if (opened.status !== 200) {
      const chunks: Buffer[] = [];
      for await (const chunk of opened.body) chunks.push(chunk);
      parse({ status: opened.status, headers: opened.headers, body: Buffer.concat(chunks) });
    }
    return opened;
  });
  for await (const line of lines(stream.body)) {
    const event = JSON.parse(line) as WatchEvent<T> | { type: "ERROR"; object: Status };
    if (event.type === "ERROR") throw new KubeStatusError(event.object);
    yield event;
  }
}

/** Whole lines of a stream; a chunk may end anywhere, also inside a character. */
async function* lines(chunks: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10)) {
      if (end > 0) yield data.toString("utf8", 0, end);
      data = data.subarray(end + 1);
    }
    rest = data;
  }
}

function parse<T>(response: HttpResponse): T {
  const text = response.body.toString("utf8");
  const value = parseJson(text);
  if (response.status >= 200 && response.status < 300) {
    if (value === undefined) throw unexpected(response, text);
    return value as T;
  }
  const status = value as Status | undefined;
  if (status?.kind === "Status") throw new KubeStatusError(status);
  throw unexpected(response, text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Something that is no API server answered, a proxy for example. */
function unexpected(response: HttpResponse, text: string): MountproofError {
  return new MountproofError("api_status", {
    message: `the API server answered ${response.status} without a Status: "${text.slice(0, 200)}"`,
    hint: "is this address an API server?",
  });
}

/** A missing object, as opposed to a missing resource or group, whose answer is plain text or names no object. */
function isMissing(response: HttpResponse): boolean {
  const status = parseJson(response.body.toString("utf8")) as Status | undefined;
  return status?.kind === "Status" && status.reason === "NotFound" && status.details?.name !== undefined;
}

function listQuery(options: ListOptions): Record<string, string> {
  return {
    ...(options.labelSelector !== undefined && { labelSelector: options.labelSelector }),
    ...(options.fieldSelector !== undefined && { fieldSelector: options.fieldSelector }),
    ...(options.limit !== undefined && { limit: String(options.limit) }),
    ...(options.continue !== undefined && { continue: options.continue }),
    ...(options.resourceVersion !== undefined && { resourceVersion: options.resourceVersion }),
  };
}

function writeQuery(options: WriteOptions): Record<string, string> {
  return {
    ...(options.fieldManager !== undefined && { fieldManager: options.fieldManager }),
    ...(options.dryRun === true && { dryRun: "All" }),
  };
}

function query(parameters: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(parameters).toString();
  return text === "" ? "" : `?${text}`;
}

function namespaceOf(options: ListOptions): { readonly namespace?: string } {
  return options.namespace === undefined ? {} : { namespace: options.namespace };
}

function targetOf(metadata: KubeObject["metadata"]): { readonly name: string; readonly namespace?: string } {
  return { name: metadata.name ?? "", ...(metadata.namespace !== undefined && { namespace: metadata.namespace }) };
}

/** The token to send, re-read from its file when that changes, as in-cluster clients do. */
function bearerOf({ credentials }: KubeConfig): () => Promise<string | undefined> {
  if (credentials.kind === "token") return async () => credentials.token;
  if (credentials.kind !== "tokenFile") return async () => undefined;
  let known: { readonly changed: number; readonly token: string } | undefined;
  return async () => {
    const { mtimeMs } = await stat(credentials.path);
    if (known?.changed !== mtimeMs)
      known = { changed: mtimeMs, token: (await readFile(credentials.path, "utf8")).trim() };
    return known.token;
  };
}

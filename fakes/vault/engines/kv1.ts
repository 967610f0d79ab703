import { goJson, type JsonObject, parseJson } from "../../../core/go/json.ts";
import type { EngineContext } from "../core/engines.ts";
import { type Backend, listBelow, listOf } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import { parseSeconds } from "../values/duration.ts";

/**
 * KV version 1: a write replaces, numbers keep their text, and `ttl` (or `lease`) in the data becomes the
 * lease duration that readers are told.
 */
export function kvVersion1({ limits }: EngineContext): Backend {
  const secrets = new Map<string, { readonly json: string; readonly ttl: number | undefined }>();
  return {
    type: "kv",
    contents: () => [...secrets].map(([path, { json }]) => [path, parseJson(json) as JsonObject] as const),
    paths: [
      {
        pattern: /^(?<path>.*)$/s,
        takesAnyInput: false,
        exists: (call) => secrets.has(call.path),
        operations: {
          read: (call) => {
            const secret = secrets.get(call.path);
            if (secret === undefined) return undefined;
            const seconds = secret.ttl ?? limits().defaultTtl;
            return { dataJson: secret.json, secret: { seconds, renewable: false } };
          },
          update: (call) => {
            if (call.path === "") throw refuse("missing path");
            const { data } = call.request;
            if (Object.keys(data).length === 0) throw refuse("missing data fields");
            secrets.set(call.path, { json: goJson(data), ttl: ttlOf(data) });
            return undefined;
          },
          delete: (call) => {
            secrets.delete(call.path);
            return undefined;
          },
          list: (call) => listOf(listBelow(secrets.keys(), call.path)),
        },
      },
    ],
  };
}

function ttlOf(data: JsonObject): number | undefined {
  const raw = data["ttl"] ?? data["lease"];
  if (raw === undefined) return undefined;
  try {
    return parseSeconds(raw);
  } catch {
    return undefined;
  }
}

import type { JsonObject } from "../../../core/go/json.ts";
import type { TokenEntry } from "../tokens/token.ts";
import { refuse, unsupportedOperation, unsupportedPath } from "./errors.ts";
import { Fields, type Schema } from "./fields.ts";
import type { Call, Operation, Result, VaultRequest } from "./request.ts";

export type Handler = (call: Call) => Result | Promise<Result>;

/** One path of an engine: what it matches, what it takes, what it does. */
export type PathSpec = {
  /** Against the path below the mount. Named groups become fields and win over the body's. */
  readonly pattern: RegExp;
  readonly fields?: Schema;
  /** The body is the secret itself: no parameter is unrecognised. */
  readonly takesAnyInput?: boolean;
  /** Tells create from update; without it every write is an update. */
  readonly exists?: (call: Call) => boolean;
  readonly operations: Partial<Record<Operation, Handler>>;
};

/** A mounted engine or auth method. */
export type Backend = {
  readonly type: string;
  readonly paths: readonly PathSpec[];
  /** Paths that need no token, below the mount; a trailing `*` is a prefix. */
  readonly unauthenticated?: readonly string[];
  /** Paths that need `sudo`. */
  readonly sudo?: readonly string[];
  /** What it holds, for whatever takes its place at the mount. */
  readonly contents?: () => Iterable<readonly [path: string, data: JsonObject]>;
};

export type Routed = {
  readonly spec: PathSpec;
  readonly call: Call;
  readonly ignored: string[];
  readonly replaced: string[];
};

/** Finds the path's spec and reads its fields. Throws 404 where nothing matches. */
export function routeTo(
  backend: Backend,
  request: VaultRequest,
  path: string,
  who: { readonly token: TokenEntry | undefined; readonly isSudo: boolean },
): Routed {
  for (const spec of backend.paths) {
    const match = spec.pattern.exec(path);
    if (match === null) continue;
    return { spec, ...callOf(spec, match.groups, request, path, who) };
  }
  throw unsupportedPath();
}

function callOf(
  spec: PathSpec,
  captures: Readonly<Record<string, string>> | undefined,
  request: VaultRequest,
  path: string,
  who: { readonly token: TokenEntry | undefined; readonly isSudo: boolean },
): Omit<Routed, "spec"> {
  const schema = spec.fields ?? {};
  const ignored: string[] = [];
  const replaced: string[] = [];
  for (const name of Object.keys(request.data))
    if (!spec.takesAnyInput && schema[name] === undefined && captures?.[name] === undefined) ignored.push(name);
  let raw = request.data;
  let types: Schema = schema;
  if (captures !== undefined) {
    raw = { ...request.data };
    const named: Record<string, "string"> = {};
    for (const [name, value] of Object.entries(captures)) {
      if (value === undefined) continue;
      if (raw[name] !== undefined) replaced.push(name);
      raw[name] = value;
      if (schema[name] === undefined) named[name] = "string";
    }
    types = { ...schema, ...named };
  }
  const call: Call = { request, operation: request.operation, path, fields: new Fields(raw, types), ...who };
  return { call, ignored, replaced };
}

/** Runs the operation and adds the framework's warnings to whatever it answers. */
export async function runOperation(routed: Routed): Promise<Result> {
  const { spec, call, ignored, replaced } = routed;
  const handler = spec.operations[call.operation] ?? (call.operation === "create" ? spec.operations.update : undefined);
  if (handler === undefined) throw unsupportedOperation();
  const result = await handler(call);
  if (result === undefined || (ignored.length === 0 && replaced.length === 0)) return result;
  const warnings = [...(result.warnings ?? [])];
  if (ignored.length > 0)
    warnings.push(`Endpoint ignored these unrecognized parameters: [${ignored.sort().join(" ")}]`);
  if (replaced.length > 0)
    warnings.push(
      `Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [${replaced.sort().join(" ")}]`,
    );
  return { ...result, warnings };
}

/** Whether `path` is one of `patterns`; a trailing `*` stands for any ending, `+` for one segment. */
export function isAmong(patterns: readonly string[] | undefined, path: string): boolean {
  return patterns?.some((pattern) => matchesPattern(pattern, path)) ?? false;
}

function matchesPattern(pattern: string, path: string): boolean {
  if (!pattern.includes("+")) return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
  const wanted = pattern.split("/");
  const given = path.split("/");
  return wanted.length === given.length && wanted.every((segment, i) => segment === "+" || segment === given[i]);
}

/** Sorted keys below `prefix`, folders ending in a slash, as Vault lists. */
export function listBelow(keys: Iterable<string>, prefix: string): string[] {
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const found = new Set<string>();
  for (const key of keys) {
    if (!key.startsWith(folder) || key === folder) continue;
    const rest = key.slice(folder.length);
    const slash = rest.indexOf("/");
    found.add(slash < 0 ? rest : rest.slice(0, slash + 1));
  }
  return [...found].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The answer to a list; an empty one becomes 404. */
export function listOf(keys: readonly string[]): Result {
  return { data: keys.length === 0 ? {} : { keys: [...keys] } };
}

/** `missing …` unless the field holds text. */
export function required(call: Call, field: string, message = `missing ${field}`): string {
  const value = call.fields.string(field);
  if (value === "") throw refuse(message);
  return value;
}

import { isObject, type JsonObject, type JsonValue, numberOf } from "../../../core/go/json.ts";
import type { Operation } from "../framework/request.ts";
import type { Capability, ParameterRules, PathRule } from "./policy.ts";

/** A rule with its full path: the namespace it was written in, templates filled in. */
export type BoundRule = PathRule & { readonly fullPath: string };

type Permissions = {
  capabilities: ReadonlySet<Capability>;
  allowed?: ParameterRules;
  denied?: ParameterRules;
  required: readonly string[];
  minWrapping: number;
  maxWrapping: number;
};

export type Question = {
  readonly operation: Operation;
  /** With the namespace's path in front. */
  readonly path: string;
  readonly data: JsonObject;
  readonly wrapSeconds?: number;
};

export type Verdict = { readonly allowed: boolean; readonly sudo: boolean };

const ALL: readonly Capability[] = ["create", "delete", "list", "patch", "read", "sudo", "update"];

/** The rules of a token's policies, merged. The most specific path decides; deny wins where paths are equal. */
export class Acl {
  /** The path of the namespace a root policy stands in; undefined without one. */
  readonly #rootOf: string | undefined;
  readonly #exact = new Map<string, Permissions>();
  readonly #prefixes: { readonly prefix: string; readonly permissions: Permissions }[] = [];
  readonly #wildcards: { readonly pattern: string; readonly permissions: Permissions }[] = [];

  constructor(rules: readonly BoundRule[], rootOf?: string) {
    this.#rootOf = rootOf;
    const prefixes = new Map<string, Permissions>();
    const wildcards = new Map<string, Permissions>();
    for (const rule of rules) {
      const path = rule.fullPath;
      if (/(^|\/)\+/.test(path)) merge(wildcards, path, rule);
      else if (path.endsWith("*")) merge(prefixes, path.slice(0, -1), rule);
      else merge(this.#exact, path, rule);
    }
    for (const [prefix, permissions] of prefixes) this.#prefixes.push({ prefix, permissions });
    this.#prefixes.sort((a, b) => b.prefix.length - a.prefix.length);
    for (const [pattern, permissions] of wildcards) this.#wildcards.push({ pattern, permissions });
  }

  get isRoot(): boolean {
    return this.#rootOf !== undefined;
  }

  /** May the operation be done, and with sudo? */
  decide(question: Question): Verdict {
    if (this.#rootOf !== undefined) {
      const allowed = question.path.startsWith(this.#rootOf);
      return { allowed, sudo: allowed };
    }
    const permissions = this.#find(question.path, question.operation === "list");
    if (permissions === undefined) return { allowed: false, sudo: false };
    const sudo = permissions.capabilities.has("sudo");
    return { allowed: permits(permissions, question), sudo };
  }

  /** The capabilities on a path, sorted, as `sys/capabilities` lists them. */
  capabilities(path: string): string[] {
    if (this.#rootOf !== undefined && path.startsWith(this.#rootOf)) return ["root"];
    const permissions = this.#find(path, path.endsWith("/"));
    const found = ALL.filter((capability) => permissions?.capabilities.has(capability));
    return found.length === 0 ? ["deny"] : found;
  }

  /** Whether anything below a mount is allowed: the check before `sys/internal/ui/mounts`. */
  reaches(mountPath: string): boolean {
    if (this.#rootOf !== undefined) return mountPath.startsWith(this.#rootOf);
    const grants = (permissions: Permissions): boolean =>
      permissions.capabilities.size > 0 && !permissions.capabilities.has("deny");
    const whole = this.#find(mountPath, true);
    if (whole !== undefined && grants(whole)) return true;
    for (const [path, permissions] of this.#exact) if (path.startsWith(mountPath) && grants(permissions)) return true;
    for (const { prefix, permissions } of this.#prefixes)
      if (prefix.startsWith(mountPath) && grants(permissions)) return true;
    return this.#wildcards.some(({ pattern, permissions }) => grants(permissions) && beginsWithin(pattern, mountPath));
  }

  #find(path: string, isList: boolean): Permissions | undefined {
    const exact = this.#exact.get(path) ?? (isList ? this.#exact.get(path.replace(/\/$/, "")) : undefined);
    if (exact !== undefined) return exact;
    const loose = this.#findLoose(path);
    if (loose !== undefined || !isList || !path.endsWith("/")) return loose;
    return this.#findLoose(path.slice(0, -1));
  }

  #findLoose(path: string): Permissions | undefined {
    const prefix = this.#prefixes.find((candidate) => path.startsWith(candidate.prefix));
    if (this.#wildcards.length === 0) return prefix?.permissions;
    let best: Ranked | undefined;
    if (prefix !== undefined)
      best = { ...prefix, pattern: prefix.prefix, first: prefix.prefix.length, isPrefix: true, wildcards: 0 };
    for (const { pattern, permissions } of this.#wildcards) {
      if (!matchesWildcard(pattern, path)) continue;
      const isPrefix = pattern.endsWith("*");
      const candidate: Ranked = {
        pattern,
        permissions,
        isPrefix,
        first: /^\+/.test(pattern) ? 0 : pattern.indexOf("/+") + 1,
        wildcards: pattern.split("/").filter((segment) => segment === "+").length,
      };
      if (best === undefined || isLess(best, candidate)) best = candidate;
    }
    return best?.permissions;
  }
}

type Ranked = {
  readonly pattern: string;
  readonly permissions: Permissions;
  readonly isPrefix: boolean;
  /** Where the first `+` or the `*` stands. */
  readonly first: number;
  readonly wildcards: number;
};

/** Vault's order of precedence between patterns that match the same path (policies, "Policy syntax"). */
function isLess(a: Ranked, b: Ranked): boolean {
  if (a.first !== b.first) return a.first < b.first;
  if (a.isPrefix !== b.isPrefix) return a.isPrefix;
  if (a.wildcards !== b.wildcards) return a.wildcards > b.wildcards;
  if (a.pattern.length !== b.pattern.length) return a.pattern.length < b.pattern.length;
  return a.pattern < b.pattern;
}

function matchesWildcard(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (!pattern.endsWith("*"))
    return wanted.length === given.length && wanted.every((w, i) => w === "+" || w === given[i]);
  if (given.length < wanted.length) return false;
  return wanted.every((w, i) => {
    if (w === "+") return true;
    return i === wanted.length - 1 ? (given[i] ?? "").startsWith(w.slice(0, -1)) : w === given[i];
  });
}

function beginsWithin(pattern: string, mountPath: string): boolean {
  const wanted = pattern.split("/");
  return mountPath
    .replace(/\/$/, "")
    .split("/")
    .every((segment, i) => wanted[i] === undefined || wanted[i] === "+" || wanted[i] === segment || wanted[i] === "*");
}

function merge(into: Map<string, Permissions>, path: string, rule: PathRule): void {
  const known = into.get(path);
  if (known === undefined) {
    into.set(path, { ...rule });
    return;
  }
  if (known.capabilities.has("deny")) return;
  if (rule.capabilities.has("deny")) {
    into.set(path, { ...rule });
    return;
  }
  known.capabilities = new Set([...known.capabilities, ...rule.capabilities]);
  const allowed = mergeParameters(known.allowed, rule.allowed);
  const denied = mergeParameters(known.denied, rule.denied);
  if (allowed !== undefined) known.allowed = allowed;
  if (denied !== undefined) known.denied = denied;
  known.required = [...new Set([...known.required, ...rule.required])];
  // The stricter of two wrapping limits holds.
  known.minWrapping = Math.max(known.minWrapping, rule.minWrapping);
  known.maxWrapping =
    known.maxWrapping === 0 || rule.maxWrapping === 0
      ? known.maxWrapping + rule.maxWrapping
      : Math.min(known.maxWrapping, rule.maxWrapping);
}

function mergeParameters(a: ParameterRules | undefined, b: ParameterRules | undefined): ParameterRules | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const merged = new Map(a);
  for (const [name, values] of b) {
    const known = merged.get(name);
    // An empty list allows (or denies) every value, so it absorbs the other.
    merged.set(
      name,
      known === undefined ? values : known.length === 0 || values.length === 0 ? [] : [...known, ...values],
    );
  }
  return merged;
}

function permits(permissions: Permissions, question: Question): boolean {
  if (!permissions.capabilities.has(question.operation)) return false;
  const wrap = question.wrapSeconds;
  if (permissions.maxWrapping > 0 && (wrap === undefined || wrap > permissions.maxWrapping)) return false;
  if (permissions.minWrapping > 0 && (wrap === undefined || wrap < permissions.minWrapping)) return false;
  if (permissions.minWrapping > 0 && permissions.maxWrapping > 0 && permissions.maxWrapping < permissions.minWrapping)
    return false;
  if (question.operation === "list" || question.operation === "delete") return true;
  return permitsParameters(permissions, question.data);
}

function permitsParameters({ allowed, denied, required }: Permissions, data: JsonObject): boolean {
  const given = Object.entries(data);
  if (required.some((name) => data[name] === undefined)) return false;
  if (given.length === 0) return true;
  if (denied !== undefined && denied.size > 0) {
    if (denied.has("*")) return false;
    for (const [name, value] of given) {
      const values = denied.get(name.toLowerCase());
      if (values !== undefined && isListed(value, values)) return false;
    }
  }
  if (allowed === undefined || allowed.size === 0) return true;
  const any = allowed.has("*");
  if (any && allowed.size === 1) return true;
  return given.every(([name, value]) => {
    const values = allowed.get(name.toLowerCase());
    return values === undefined ? any : isListed(value, values);
  });
}

/** No values means every value; text may hold globs at its ends. */
function isListed(value: JsonValue, values: readonly JsonValue[]): boolean {
  if (values.length === 0) return true;
  return values.some((wanted) => {
    if (typeof value === "string" && typeof wanted === "string") return globMatches(wanted, value);
    const number = numberOf(value);
    if (number !== undefined) return number === numberOf(wanted);
    if (Array.isArray(value) || isObject(value)) return JSON.stringify(value) === JSON.stringify(wanted);
    return value === wanted;
  });
}

/** `*` at the ends or inside stands for any text. */
export function globMatches(glob: string, text: string): boolean {
  if (!glob.includes("*")) return glob === text;
  const parts = glob.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}

import { refuse } from "../framework/errors.ts";
import { DEFAULT_POLICY, RESPONSE_WRAPPING_POLICY } from "./built-in.ts";
import { type PathRule, parsePolicy } from "./policy.ts";

export type Policy = {
  readonly name: string;
  readonly text: string;
  readonly rules: readonly PathRule[];
  readonly modified: number;
  readonly version: number;
};

const IMMUTABLE: ReadonlySet<string> = new Set(["root", "response-wrapping", "control-group"]);
const HIDDEN: ReadonlySet<string> = new Set(["response-wrapping", "control-group"]);

/** A namespace's ACL policies by name, in lower case. */
export class PolicyStore {
  readonly #policies = new Map<string, Policy>();
  readonly #isRoot: boolean;
  #version = 0;

  constructor(namespacePath: string) {
    this.#isRoot = namespacePath === "";
    this.#put("default", DEFAULT_POLICY, 0);
    this.#put("response-wrapping", RESPONSE_WRAPPING_POLICY, 0);
  }

  /** Changes with every write: what was compiled before is stale. */
  get version(): number {
    return this.#version;
  }

  get(name: string): Policy | undefined {
    return this.#policies.get(name.toLowerCase());
  }

  /** Names as `sys/policies/acl` lists them: `root` is one, the internal ones are not. */
  names(): string[] {
    const names = [...this.#policies.keys()].filter((name) => !HIDDEN.has(name)).sort();
    return this.#isRoot ? [...names, "root"] : names;
  }

  put(name: string, text: string, now: number): void {
    const key = name.toLowerCase();
    if (IMMUTABLE.has(key)) throw refuse(`cannot update ${JSON.stringify(key)} policy`);
    try {
      this.#put(key, text, now);
    } catch (error) {
      throw refuse((error as Error).message);
    }
  }

  remove(name: string): void {
    const key = name.toLowerCase();
    if (IMMUTABLE.has(key)) throw refuse(`cannot delete ${JSON.stringify(key)} policy`);
    if (key === "default") throw refuse("cannot delete default policy");
    this.#policies.delete(key);
    this.#version++;
  }

  #put(name: string, text: string, modified: number): void {
    const rules = parsePolicy(text);
    const version = (this.#policies.get(name)?.version ?? 0) + 1;
    this.#policies.set(name, { name, text, rules, modified, version });
    this.#version++;
  }
}

/** Lower case, without blanks and duplicates, sorted; `default` added when asked for, and only `root` kept beside it. */
export function sanitizePolicies(names: readonly string[], addDefault: boolean): string[] {
  const clean = new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ""));
  if (clean.has("root")) return ["root"];
  if (addDefault) clean.add("default");
  return [...clean].sort();
}

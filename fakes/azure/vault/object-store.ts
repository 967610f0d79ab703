import type { Clock, Random } from "../../../core/index.ts";
import { type Kind, refusals } from "./refusal.ts";

/** Seconds since 1970. */
export type Attributes = {
  enabled: boolean;
  readonly created: number;
  updated: number;
  exp?: number;
  nbf?: number;
};

export type AttributesInput = { readonly enabled?: boolean; readonly exp?: number; readonly nbf?: number };

/** One version of a secret, key or certificate: `value` is what is particular to it. */
export type Version<T> = {
  readonly version: string;
  readonly attributes: Attributes;
  value: T;
  tags: Readonly<Record<string, string>> | undefined;
};

export type Deleted<T> = {
  readonly versions: Version<T>[];
  /** Seconds since 1970. */
  readonly deletedAt: number;
};

export type NewVersion<T> = {
  readonly value: T;
  readonly attributes?: AttributesInput;
  readonly tags?: Readonly<Record<string, string>>;
  /** Drawn when left out. */
  readonly version?: string;
  /** Seconds since 1970; now when left out. */
  readonly created?: number;
};

/** Objects of one kind with their versions, oldest first, and those that were deleted and may come back. */
export class ObjectStore<T> {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #kind: Kind;
  readonly #live = new Map<string, Version<T>[]>();
  readonly #deleted = new Map<string, Deleted<T>>();

  constructor(kind: Kind, clock: Clock, random: Random) {
    this.#kind = kind;
    this.#clock = clock;
    this.#random = random;
  }

  /** Adds a version, which is the current one from then on. @throws VaultRefusal while a deleted one has the name */
  add(name: string, { value, attributes = {}, tags, version, created }: NewVersion<T>): Version<T> {
    const key = name.toLowerCase();
    if (this.#deleted.has(key)) throw refusals.deletedName(this.#kind, name);
    const now = created ?? this.#seconds();
    const { enabled = true, exp, nbf } = attributes;
    const added: Version<T> = {
      version: version ?? this.#random.uuid().replaceAll("-", ""),
      value,
      tags,
      attributes: {
        enabled,
        created: now,
        updated: now,
        ...(exp !== undefined && { exp }),
        ...(nbf !== undefined && { nbf }),
      },
    };
    const versions = this.#live.get(key) ?? [];
    versions.push(added);
    this.#live.set(key, versions);
    return added;
  }

  /** The current version, or the named one. @throws VaultRefusal */
  get(name: string, version: string): Version<T> {
    const versions = this.versions(name);
    const found = version === "" ? versions.at(-1) : versions.find((one) => one.version === version);
    if (found === undefined) throw refusals.notFound(this.#kind, version === "" ? name : `${name}/${version}`);
    return found;
  }

  /** @throws VaultRefusal where there is none of that name */
  versions(name: string): Version<T>[] {
    const versions = this.#live.get(name.toLowerCase());
    if (versions === undefined) throw refusals.notFound(this.#kind, name);
    return versions;
  }

  has(name: string): boolean {
    return this.#live.has(name.toLowerCase());
  }

  names(): string[] {
    return [...this.#live.keys()].sort();
  }

  /** What is left out stays as it is. */
  update(
    name: string,
    version: string,
    { attributes, tags, value }: { attributes: AttributesInput; tags?: Version<T>["tags"]; value?: Partial<T> },
  ): Version<T> {
    const found = this.get(name, version);
    Object.assign(found.attributes, attributes, { updated: this.#seconds() });
    if (tags !== undefined) found.tags = tags;
    if (value !== undefined) found.value = { ...found.value, ...value };
    return found;
  }

  remove(name: string): Deleted<T> {
    const deleted = { versions: this.versions(name), deletedAt: this.#seconds() };
    this.#live.delete(name.toLowerCase());
    this.#deleted.set(name.toLowerCase(), deleted);
    return deleted;
  }

  /** All versions as they are now: what changes later does not change them. */
  snapshot(name: string): Version<T>[] {
    return this.versions(name).map(copyOf);
  }

  /** Brings a snapshot back. @throws VaultRefusal while the name is taken, by what is deleted, too */
  restore(name: string, versions: readonly Version<T>[]): Version<T> {
    const key = name.toLowerCase();
    if (this.#deleted.has(key)) throw refusals.deletedName(this.#kind, name);
    if (this.#live.has(key)) throw refusals.nameTaken(this.#kind, name);
    this.#live.set(key, versions.map(copyOf));
    return this.get(name, "");
  }

  deleted(name: string): Deleted<T> {
    const found = this.#deleted.get(name.toLowerCase());
    if (found === undefined) throw refusals.notFound(this.#kind, name);
    return found;
  }

  deletedNames(): string[] {
    return [...this.#deleted.keys()].sort();
  }

  recover(name: string): Version<T> {
    const { versions } = this.deleted(name);
    this.#deleted.delete(name.toLowerCase());
    this.#live.set(name.toLowerCase(), versions);
    return this.get(name, "");
  }

  purge(name: string): void {
    this.deleted(name);
    this.#deleted.delete(name.toLowerCase());
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

function copyOf<T>(version: Version<T>): Version<T> {
  return { ...version, attributes: { ...version.attributes } };
}

import type { Kind } from "./kind.ts";

/** The kinds served right now; CustomResources come and go. */
export class Registry {
  readonly #kinds = new Map<string, Kind>();
  #revision = 0;

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.add(kind);
  }

  /** Grows with every change of what is served. */
  get revision(): number {
    return this.#revision;
  }

  /** By group, version and plural. */
  find(group: string, version: string, plural: string): Kind | undefined {
    return this.#kinds.get(keyOf(group, version, plural));
  }

  add(kind: Kind): void {
    this.#kinds.set(keyOf(kind.group, kind.version, kind.plural), kind);
    this.#revision++;
  }

  remove(group: string, plural: string): void {
    for (const [key, kind] of this.#kinds) if (kind.group === group && kind.plural === plural) this.#kinds.delete(key);
    this.#revision++;
  }

  all(): Kind[] {
    return [...this.#kinds.values()];
  }

  /** Kinds that hold objects, one version each. */
  stored(): Kind[] {
    const seen = new Set<string>();
    return this.all().filter((kind) => {
      const key = tableOf(kind);
      if (seen.has(key) || !kind.verbs.includes("list") || kind.storedAs !== undefined) return false;
      seen.add(key);
      return true;
    });
  }
}

function keyOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

/** The store's table of a kind: all versions share one, both Event groups too. */
export function tableOf(kind: Kind): string {
  const { group, plural } = kind.storedAs ?? kind;
  return `${group}/${plural}`;
}

/** The store's key of an object: `namespace/name`, or `name`. */
export function objectKey(kind: Pick<Kind, "namespaced">, namespace: string, name: string): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}

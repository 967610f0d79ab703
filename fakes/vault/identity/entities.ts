import type { Random } from "../../../core/index.ts";
import type { Namespace } from "../core/namespaces.ts";

export type Alias = {
  readonly id: string;
  readonly name: string;
  readonly mountAccessor: string;
  readonly mountPath: string;
  readonly mountType: string;
  metadata: Readonly<Record<string, string>>;
  readonly createdAt: number;
  updatedAt: number;
};

/** Who stands behind a login, across its tokens. */
export type Entity = {
  readonly id: string;
  readonly namespace: Namespace;
  name: string;
  metadata: Readonly<Record<string, string>>;
  policies: string[];
  disabled: boolean;
  readonly aliases: Alias[];
  readonly createdAt: number;
  updatedAt: number;
};

/** Entities, made at the first login of an alias and found again at every later one. */
export class Entities {
  readonly #random: Random;
  readonly #byId = new Map<string, Entity>();
  readonly #byAlias = new Map<string, Entity>();

  constructor(random: Random) {
    this.#random = random;
  }

  get(id: string): Entity | undefined {
    return this.#byId.get(id);
  }

  byName(namespace: Namespace, name: string): Entity | undefined {
    return this.inNamespace(namespace).find((entity) => entity.name === name);
  }

  byAlias(mountAccessor: string, name: string): Entity | undefined {
    return this.#byAlias.get(`${mountAccessor} ${name}`);
  }

  inNamespace(namespace: Namespace): Entity[] {
    return [...this.#byId.values()].filter((entity) => entity.namespace === namespace);
  }

  /** The entity of a login: known by its alias, or made now. */
  login(spec: Omit<Alias, "id" | "createdAt" | "updatedAt">, namespace: Namespace, now: number): Entity {
    const key = `${spec.mountAccessor} ${spec.name}`;
    const known = this.#byAlias.get(key);
    if (known !== undefined) {
      const alias = known.aliases.find((one) => one.mountAccessor === spec.mountAccessor && one.name === spec.name);
      if (alias !== undefined) alias.metadata = spec.metadata;
      return known;
    }
    const entity = this.create(namespace, now);
    entity.aliases.push({ ...spec, id: this.#id(namespace), createdAt: now, updatedAt: now });
    this.#byAlias.set(key, entity);
    return entity;
  }

  create(namespace: Namespace, now: number, name?: string): Entity {
    const id = this.#id(namespace);
    const entity: Entity = {
      id,
      namespace,
      name: name ?? `entity_${id.slice(0, 8)}`,
      metadata: {},
      policies: [],
      disabled: false,
      aliases: [],
      createdAt: now,
      updatedAt: now,
    };
    this.#byId.set(id, entity);
    return entity;
  }

  remove(entity: Entity): void {
    this.#byId.delete(entity.id);
    for (const [key, owner] of this.#byAlias) if (owner === entity) this.#byAlias.delete(key);
  }

  /** Ids outside the root namespace end in the namespace's own. */
  #id(namespace: Namespace): string {
    return namespace.isRoot ? this.#random.uuid() : `${this.#random.uuid()}.${namespace.id}`;
  }
}

import type { Random } from "../../../core/index.ts";
import { refuse } from "../framework/errors.ts";
import { PolicyStore } from "../policy/policy-store.ts";
import { base62 } from "../values/ids.ts";
import { MountTable } from "./mounts.ts";

/** A namespace: its own mounts, auth methods and policies. The root's path is empty, others end in a slash. */
export class Namespace {
  readonly id: string;
  readonly uuid: string;
  readonly path: string;
  readonly parent: Namespace | undefined;
  readonly customMetadata: Readonly<Record<string, string>>;
  /** Secrets engines, and auth methods under `auth/`. */
  readonly mounts = new MountTable();
  readonly policies: PolicyStore;

  constructor(spec: {
    readonly id: string;
    readonly uuid: string;
    readonly path: string;
    readonly parent?: Namespace;
    readonly customMetadata?: Readonly<Record<string, string>>;
  }) {
    this.id = spec.id;
    this.uuid = spec.uuid;
    this.path = spec.path;
    this.parent = spec.parent;
    this.customMetadata = spec.customMetadata ?? {};
    this.policies = new PolicyStore(spec.path);
  }

  get isRoot(): boolean {
    return this.path === "";
  }

  /** True for itself and for every namespace below `ancestor`. */
  isWithin(ancestor: Namespace): boolean {
    return this.path.startsWith(ancestor.path);
  }
}

/** The tree of namespaces, by full path. */
export class Namespaces {
  readonly root: Namespace;
  readonly #random: Random;
  readonly #byPath = new Map<string, Namespace>();

  constructor(random: Random) {
    this.#random = random;
    this.root = new Namespace({ id: "root", uuid: random.uuid(), path: "" });
    this.#byPath.set("", this.root);
  }

  /** By the text of `X-Vault-Namespace`: slashes at its ends do not matter. */
  find(header: string): Namespace | undefined {
    const path = header.replace(/^\/+|\/+$/g, "");
    return this.#byPath.get(path === "" || path === "root" ? "" : `${path}/`);
  }

  /** The namespace a request path begins with, below `from`, and the rest of the path. */
  split(from: Namespace, path: string): { readonly namespace: Namespace; readonly path: string } {
    if (this.#byPath.size === 1) return { namespace: from, path };
    let namespace = from;
    let rest = path;
    for (;;) {
      const slash = rest.indexOf("/");
      const child = slash < 0 ? undefined : this.#byPath.get(namespace.path + rest.slice(0, slash + 1));
      if (child === undefined) return { namespace, path: rest };
      namespace = child;
      rest = rest.slice(slash + 1);
    }
  }

  children(of: Namespace): Namespace[] {
    return [...this.#byPath.values()].filter((namespace) => namespace.parent === of);
  }

  create(parent: Namespace, name: string, customMetadata: Readonly<Record<string, string>>): Namespace {
    const clean = name.replace(/^\/+|\/+$/g, "");
    if (clean === "" || clean.includes("/") || /\s/.test(clean)) throw refuse(`path cannot contain slashes`);
    if (["root", "sys", "audit", "auth", "cubbyhole", "identity"].includes(clean))
      throw refuse(`${JSON.stringify(clean)} is a reserved path and cannot be used as a namespace`);
    const path = `${parent.path}${clean}/`;
    const known = this.#byPath.get(path);
    if (known !== undefined) return known;
    const id = base62(this.#random, 6);
    const namespace = new Namespace({ id, uuid: this.#random.uuid(), path, parent, customMetadata });
    this.#byPath.set(path, namespace);
    return namespace;
  }

  /** Forgets a namespace. One that has children stays. */
  remove(namespace: Namespace): void {
    if (this.children(namespace).length > 0) throw refuse("cannot delete namespace with child namespaces");
    this.#byPath.delete(namespace.path);
  }
}

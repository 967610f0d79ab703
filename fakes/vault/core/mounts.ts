import type { JsonObject } from "../../../core/go/json.ts";
import type { Backend } from "../framework/backend.ts";

/** One mount: where an engine or auth method lives, and how it was tuned. */
export type Mount = {
  /** Ends in a slash; auth methods begin with `auth/`. */
  readonly path: string;
  readonly type: string;
  /** As lists call it: what a namespace is born with has names of its own there. */
  readonly listedType: string;
  readonly accessor: string;
  readonly uuid: string;
  backend: Backend;
  description: string;
  readonly local: boolean;
  readonly sealWrap: boolean;
  options: Readonly<Record<string, string>> | null;
  /** Seconds; 0 is the system's. */
  defaultLeaseTtl: number;
  maxLeaseTtl: number;
  /** What else tune and list show, such as `listing_visibility`. */
  config: JsonObject;
  readonly version: string;
};

/** A namespace's mounts, longest path first. */
export class MountTable {
  #mounts: Mount[] = [];

  add(mount: Mount): void {
    this.#mounts.push(mount);
    this.#mounts.sort((a, b) => b.path.length - a.path.length);
  }

  remove(path: string): Mount | undefined {
    const mount = this.get(path);
    this.#mounts = this.#mounts.filter((other) => other !== mount);
    return mount;
  }

  get(path: string): Mount | undefined {
    return this.#mounts.find((mount) => mount.path === path);
  }

  /** The mount that serves a request path. A path without its last slash finds it too (`secret`). */
  route(path: string): Mount | undefined {
    for (const mount of this.#mounts) if (path.startsWith(mount.path)) return mount;
    return this.#mounts.find((mount) => mount.path === `${path}/`);
  }

  /** A mount at, above or below `path`, that a new one would collide with. */
  conflict(path: string): Mount | undefined {
    return this.#mounts.find((mount) => mount.path.startsWith(path) || path.startsWith(mount.path));
  }

  secrets(): Mount[] {
    return this.#sorted((mount) => !mount.path.startsWith("auth/"));
  }

  auths(): Mount[] {
    return this.#sorted((mount) => mount.path.startsWith("auth/"));
  }

  byAccessor(accessor: string): Mount | undefined {
    return this.#mounts.find((mount) => mount.accessor === accessor);
  }

  #sorted(wanted: (mount: Mount) => boolean): Mount[] {
    return this.#mounts.filter(wanted).sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

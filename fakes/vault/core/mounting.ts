import type { JsonObject } from "../../../core/go/json.ts";
import type { Backend } from "../framework/backend.ts";
import { refuse } from "../framework/errors.ts";
import { mountAccessor } from "../values/ids.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import type { EngineFactory } from "./engines.ts";
import type { Mount } from "./mounts.ts";
import type { Namespace } from "./namespaces.ts";
import { limitsOf, type VaultState } from "./state.ts";

export type MountRequest = {
  /** Ends in a slash; auth methods begin with `auth/`. */
  readonly path: string;
  readonly type: string;
  readonly description?: string;
  readonly local?: boolean;
  readonly sealWrap?: boolean;
  readonly options?: Readonly<Record<string, string>> | null;
  readonly defaultLeaseTtl?: number;
  readonly maxLeaseTtl?: number;
  readonly config?: JsonObject;
};

/** What can be mounted, by type. */
export type EngineCatalogue = {
  readonly secrets: Readonly<Record<string, EngineFactory>>;
  readonly auth: Readonly<Record<string, EngineFactory>>;
};

/** Types that every namespace has and nobody mounts. */
const BUILT_IN: ReadonlySet<string> = new Set(["system", "identity", "cubbyhole", "token"]);

/** Mounts engines and auth methods. */
export class Mounter {
  readonly #state: VaultState;
  readonly #cluster: ClusterAccess;
  readonly #catalogue: EngineCatalogue;

  constructor(state: VaultState, cluster: ClusterAccess, catalogue: EngineCatalogue) {
    this.#state = state;
    this.#cluster = cluster;
    this.#catalogue = catalogue;
  }

  /** What every namespace is born with. */
  mountBuiltIns(namespace: Namespace): void {
    this.mount(namespace, {
      path: "cubbyhole/",
      type: "cubbyhole",
      description: "per-token private secret storage",
      local: true,
    });
    this.mount(namespace, {
      path: "identity/",
      type: "identity",
      description: "identity store",
      config: { passthrough_request_headers: ["Authorization"] },
    });
    this.mount(namespace, {
      path: "sys/",
      type: "system",
      description: "system endpoints used for control, policy and debugging",
      sealWrap: true,
      config: { passthrough_request_headers: ["Accept"] },
    });
    this.mount(namespace, {
      path: "auth/token/",
      type: "token",
      description: "token based credentials",
      config: { token_type: namespace.isRoot ? "default-service" : "default" },
    });
  }

  /** A mount that a caller asked for. Throws Vault's refusals. */
  enable(namespace: Namespace, request: MountRequest): Mount {
    const isAuth = request.path.startsWith("auth/");
    if (BUILT_IN.has(request.type))
      throw refuse(
        isAuth
          ? "token credential backend cannot be instantiated"
          : `mount type of ${JSON.stringify(request.type)} is not mountable`,
        isAuth ? 400 : 403,
      );
    const factories = isAuth ? this.#catalogue.auth : this.#catalogue.secrets;
    if (factories[request.type] === undefined) throw refuse(`plugin not found in the catalog: ${request.type}`);
    const inUse = namespace.mounts.get(request.path);
    if (inUse !== undefined) throw refuse(`path is already in use at ${request.path.replace(/^auth\//, "")}`);
    const conflict = namespace.mounts.conflict(request.path);
    if (conflict !== undefined) throw refuse(`existing mount at ${conflict.path}`);
    return this.mount(namespace, request);
  }

  /** Takes a mount away, with its leases and the tokens of its logins. */
  disable(namespace: Namespace, path: string): void {
    const mount = namespace.mounts.get(path);
    if (mount === undefined) return;
    if (mount.type === "token") throw refuse("token credential backend cannot be disabled");
    if (BUILT_IN.has(mount.type)) throw refuse(`cannot unmount ${JSON.stringify(path)}`);
    namespace.mounts.remove(path);
    for (const id of this.#state.leases.ids(path)) this.#state.leases.revokeSoon(id);
    for (const token of this.#state.tokens.all())
      if (token.namespace === namespace && token.path.startsWith(path)) this.#state.tokens.revoke(token);
  }

  /** Another backend for the same mount, by its options as they are now: it starts with what the one before held. */
  reload(namespace: Namespace, mount: Mount): void {
    mount.backend = this.#backendOf(namespace, mount, () => mount, mount.backend);
  }

  mount(namespace: Namespace, request: MountRequest): Mount {
    const isAuth = request.path.startsWith("auth/");
    const { random, dialect } = this.#state;
    let mount: Mount | undefined;
    const options = request.options ?? null;
    const backend = this.#backendOf(namespace, request, () => mount as Mount);
    const isPlugin = !BUILT_IN.has(request.type);
    const listedType = isPlugin || namespace.isRoot ? request.type : `ns_${request.type}`;
    mount = {
      path: request.path,
      type: request.type,
      listedType,
      accessor: mountAccessor(random, isAuth ? `auth_${request.type}` : request.type),
      uuid: random.uuid(),
      backend,
      description: request.description ?? "",
      local: request.local ?? false,
      sealWrap: request.sealWrap ?? false,
      options,
      defaultLeaseTtl: request.defaultLeaseTtl ?? 0,
      maxLeaseTtl: request.maxLeaseTtl ?? 0,
      config: request.config ?? {},
      version: isPlugin ? dialect.pluginVersion : dialect.builtinVersion,
    };
    namespace.mounts.add(mount);
    return mount;
  }

  #backendOf(
    namespace: Namespace,
    { path, type, options }: Pick<MountRequest, "path" | "type" | "options">,
    mount: () => Mount,
    before?: Backend,
  ): Backend {
    const factory = (path.startsWith("auth/") ? this.#catalogue.auth : this.#catalogue.secrets)[type];
    if (factory === undefined) throw refuse(`plugin not found in the catalog: ${type}`);
    const { clock, random, dialect, log } = this.#state;
    return factory(
      {
        clock,
        random,
        log: log.child({ mount: namespace.path + path }),
        dialect,
        namespace,
        path,
        mount,
        limits: () => limitsOf(mount()),
        cluster: this.#cluster,
      },
      options ?? {},
      before,
    );
  }
}

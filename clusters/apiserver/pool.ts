import { Scope } from "../../core/index.ts";
import { createKubeClient } from "../../kube/index.ts";
import type { ClusterApi, ClusterApiContext } from "../embedded/index.ts";
import type { Assets } from "./assets.ts";
import { Baseline } from "./baseline.ts";
import { awaitDefinitions, installDefinitions } from "./definitions.ts";
import { type RealApiServer, startRealApiServer } from "./real-api-server.ts";

export type ApiServerPoolSpec = Omit<ClusterApiContext, "folder"> & {
  readonly assets: Assets;
  /** A folder for the files of one server, gone when `scope` ends. */
  readonly makeFolder: (scope: Scope) => Promise<string>;
};

type Pooled = AsyncDisposable & { readonly api: RealApiServer; readonly baseline: Baseline };

/**
 * Real kube-apiservers that are used again: starting one takes seconds, and bringing one back to how it began takes a few
 * round trips to its etcd. Whoever takes one has it alone; it has the driver's definitions.
 *
 * @example
 * await using pool = new ApiServerPool({ assets, clock, log, makeFolder });
 * await using cluster = await new ApiServerCluster({ clock, servers: pool }).start();
 */
export class ApiServerPool implements AsyncDisposable {
  readonly #spec: ApiServerPoolSpec;
  readonly #scope = new Scope("kube-apiservers");
  readonly #idle: Pooled[] = [];

  constructor(spec: ApiServerPoolSpec) {
    this.#spec = spec;
  }

  /**
   * One that is as it was when it started; disposing of it gives it back.
   * @throws MountproofError `environment` when none gets ready
   */
  async take(): Promise<ClusterApi> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (await restore(idle).catch(() => false)) return this.#lent(idle);
      await idle[Symbol.asyncDispose]();
    }
    return this.#lent(await this.#start());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  async #start(): Promise<Pooled> {
    const { assets, makeFolder, ...context } = this.#spec;
    const started = await Scope.run("kube-apiserver", async (scope) => {
      const api = scope.use(await startRealApiServer(assets, { ...context, folder: await makeFolder(scope) }));
      await using admin = createKubeClient(api.adminConfig, context);
      await installDefinitions(admin);
      return Object.assign(scope, { api, baseline: await Baseline.of(api.etcd) });
    });
    return this.#scope.use(started);
  }

  #lent(pooled: Pooled): ClusterApi {
    return {
      ...pooled.api,
      [Symbol.asyncDispose]: async () => void this.#idle.push(pooled),
    };
  }
}

/** Whether it is as it began and still answers. */
async function restore({ api, baseline }: Pooled): Promise<boolean> {
  await baseline.restore();
  await using admin = createKubeClient(api.adminConfig, { clock: api.clock });
  if ((await admin.raw("GET", "/readyz")).status !== 200) return false;
  await awaitDefinitions(admin);
  return true;
}

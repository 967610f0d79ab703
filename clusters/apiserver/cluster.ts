import { MountproofError } from "../../core/index.ts";
import { createKubeClient } from "../../kube/index.ts";
import { EmbeddedCluster, type EmbeddedClusterSpec, type RunningEmbeddedCluster } from "../embedded/index.ts";
import type { Assets } from "./assets.ts";
import { installDefinitions } from "./definitions.ts";
import type { ApiServerPool } from "./pool.ts";
import { startRealApiServer } from "./real-api-server.ts";

export type ApiServerClusterSpec = Omit<EmbeddedClusterSpec, "api" | "audit" | "faults" | "listen" | "issuer"> &
  (
    | { readonly assets: Assets }
    /** Lends a server that has the driver's definitions, in place of one of the cluster's own. */
    | { readonly servers: Pick<ApiServerPool, "take"> }
  );

/**
 * The embedded cluster's controllers, scheduler and simulated kubelets over a real kube-apiserver and etcd: what holds on
 * both holds because of the HTTP API alone. It keeps real time. Logs and what runs in containers are asked of the
 * kubelets here, for their addresses lead nowhere that kube-apiserver could reach.
 *
 * @example
 * const assets = findAssets(process.env);
 * await using cluster = await new ApiServerCluster({ clock: new RealClock(), assets }).start();
 */
export class ApiServerCluster {
  readonly #spec: ApiServerClusterSpec;

  constructor(spec: ApiServerClusterSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError `invalid_config` on a virtual clock, `environment` when a program does not get ready */
  async start(): Promise<RunningEmbeddedCluster> {
    const { manifests = [], ...spec } = this.#spec;
    if (spec.clock.kind === "virtual")
      throw new MountproofError("invalid_config", {
        message: "kube-apiserver keeps real time, and the clock is a virtual one",
        hint: "hand in a RealClock",
      });
    return await new EmbeddedCluster({
      ...spec,
      manifests,
      api: async (context) => {
        if ("servers" in spec) return await spec.servers.take();
        const api = await startRealApiServer(spec.assets, context);
        await using admin = createKubeClient(api.adminConfig, { clock: context.clock });
        await installDefinitions(admin);
        return api;
      },
    }).start();
  }
}

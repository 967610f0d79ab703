import { MountproofError } from "../../core/index.ts";
import { secretsStoreDefinitions } from "../embedded/apiserver/crd/secrets-store.ts";
import { EmbeddedCluster, type EmbeddedClusterSpec, type RunningEmbeddedCluster } from "../embedded/index.ts";
import type { Assets } from "./assets.ts";
import { startRealApiServer } from "./real-api-server.ts";

export type ApiServerClusterSpec = Omit<EmbeddedClusterSpec, "api" | "audit" | "faults" | "listen" | "issuer"> & {
  readonly assets: Assets;
};

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
    const { assets, manifests = [], ...spec } = this.#spec;
    if (spec.clock.kind === "virtual")
      throw new MountproofError("invalid_config", {
        message: "kube-apiserver keeps real time, and the clock is a virtual one",
        hint: "hand in a RealClock",
      });
    return await new EmbeddedCluster({
      ...spec,
      manifests: [...secretsStoreDefinitions(), ...manifests],
      api: (context) => startRealApiServer(assets, context),
    }).start();
  }
}

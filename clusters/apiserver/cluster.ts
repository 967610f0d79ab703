import { MountproofError, RealClock, seconds } from "../../core/index.ts";
import { createKubeClient, type KubeClient } from "../../kube/index.ts";
import { applyObjects, untilHolds } from "../embedded/acts.ts";
import { secretsStoreDefinitions } from "../embedded/apiserver/crd/secrets-store.ts";
import { EmbeddedCluster, type EmbeddedClusterSpec, type RunningEmbeddedCluster } from "../embedded/index.ts";
import type { Assets } from "./assets.ts";
import { startRealApiServer } from "./real-api-server.ts";

export type ApiServerClusterSpec = Omit<EmbeddedClusterSpec, "api" | "audit" | "faults" | "listen" | "issuer"> & {
  readonly assets: Assets;
};

/** The driver's two CustomResourceDefinitions, which the embedded server has from the start; resolves when both are served. */
export async function installDefinitions(admin: KubeClient): Promise<void> {
  await applyObjects(admin, secretsStoreDefinitions());
  const isServed = async (): Promise<boolean> =>
    (await admin.raw("GET", "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses")).status === 200 &&
    (await admin.raw("GET", "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses")).status === 200;
  const clock = new RealClock();
  if (!(await untilHolds(clock, isServed, seconds(30))))
    throw new MountproofError("timeout", { message: "the driver's definitions were not served within 30 s" });
}

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
      manifests,
      api: async (context) => {
        const api = await startRealApiServer(assets, context);
        await using admin = createKubeClient(api.adminConfig, { clock: context.clock });
        await installDefinitions(admin);
        return api;
      },
    }).start();
  }
}

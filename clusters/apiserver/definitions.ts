import { MountproofError, RealClock, seconds } from "../../core/index.ts";
import type { KubeClient } from "../../kube/index.ts";
import { applyObjects, untilHolds } from "../embedded/acts.ts";
import { secretsStoreDefinitions } from "../embedded/apiserver/crd/secrets-store.ts";

/** The driver's two CustomResourceDefinitions, which the embedded server has from the start; resolves when both are served. */
export async function installDefinitions(admin: KubeClient): Promise<void> {
  await applyObjects(admin, secretsStoreDefinitions());
  await awaitDefinitions(admin);
}

/** @throws MountproofError `timeout` when they are not served within half a minute */
export async function awaitDefinitions(admin: KubeClient): Promise<void> {
  const isServed = async (): Promise<boolean> =>
    (await admin.raw("GET", "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses")).status === 200 &&
    (await admin.raw("GET", "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses")).status === 200;
  const clock = new RealClock();
  if (!(await untilHolds(clock, isServed, seconds(30))))
    throw new MountproofError("timeout", { message: "the driver's definitions were not served within 30 s" });
}

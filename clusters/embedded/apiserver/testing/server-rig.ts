import { type Scope, VirtualClock } from "../../../../core/index.ts";
import { createKubeClient, type KubeClient, type KubeObject } from "../../../../kube/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "../index.ts";

/** An API server in virtual time, and its administrator. */
export type ServerRig = { readonly clock: VirtualClock; readonly api: RunningApiServer; readonly admin: KubeClient };

export async function startServerRig(scope: Scope): Promise<ServerRig> {
  const clock = new VirtualClock(Date.parse("2026-01-02T03:04:05Z"));
  const api = scope.use(await new EmbeddedApiServer({ clock }).start());
  return { clock, api, admin: scope.use(createKubeClient(api.adminConfig, { clock })) };
}

export const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data,
});
export const account = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: "default" },
});
export const pod = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { serviceAccountName: "app", containers: [{ name: "main", image: "busybox" }] },
});

/** How a request was refused; undefined fields for one that was not. */
export async function statusOf(work: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  const error = await work.then(
    () => undefined,
    (caught) => caught,
  );
  return { code: error?.code, reason: error?.reason, message: error?.message };
}

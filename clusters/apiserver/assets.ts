import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Where the real programs are. */
export type Assets = { readonly kubeApiserver: string; readonly etcd: string };

/**
 * Finds kube-apiserver and etcd as envtest does: `TEST_ASSET_KUBE_APISERVER` and `TEST_ASSET_ETCD`, or both in the folder
 * `KUBEBUILDER_ASSETS`. A text says what is missing.
 */
export function findAssets(env: Readonly<Record<string, string | undefined>>): Assets | string {
  const folder = env["KUBEBUILDER_ASSETS"];
  const pathOf = (variable: string, program: string): string | undefined =>
    env[variable] ?? (folder === undefined ? undefined : join(folder, program));
  const kubeApiserver = pathOf("TEST_ASSET_KUBE_APISERVER", "kube-apiserver");
  const etcd = pathOf("TEST_ASSET_ETCD", "etcd");
  if (kubeApiserver === undefined || etcd === undefined)
    return "needs kube-apiserver and etcd: set KUBEBUILDER_ASSETS, or TEST_ASSET_KUBE_APISERVER and TEST_ASSET_ETCD";
  const missing = [kubeApiserver, etcd].find((path) => !isProgram(path));
  return missing === undefined ? { kubeApiserver, etcd } : `"${missing}" is no program`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

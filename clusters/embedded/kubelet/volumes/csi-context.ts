import { TOKENS_KEY } from "../csi-client.ts";
import type { PodToken } from "../tokens.ts";
import type { CsiDriver, Pod } from "../types.ts";
import { goJson } from "../values.ts";

const PREFIX = "csi.storage.k8s.io";

/** What `podInfoOnMount` adds to the volume context (spec kubelet-csi §4). */
export function podInfo(pod: Pod): Record<string, string> {
  return {
    [`${PREFIX}/pod.name`]: pod.metadata.name,
    [`${PREFIX}/pod.namespace`]: pod.metadata.namespace,
    [`${PREFIX}/pod.uid`]: pod.metadata.uid,
    [`${PREFIX}/serviceAccount.name`]: pod.spec.serviceAccountName ?? "",
    [`${PREFIX}/ephemeral`]: "true",
  };
}

/** The token key's value: audiences sorted, the default one under `""`. */
export function tokensValue(tokens: ReadonlyMap<string, PodToken>): string {
  const sorted = [...tokens].sort(([a], [b]) => (a < b ? -1 : 1));
  return goJson(
    Object.fromEntries(
      sorted.map(([audience, { token, expirationTimestamp }]) => [audience, { token, expirationTimestamp }]),
    ),
  );
}

export type TokenPlace = "context" | "secrets";

/**
 * Where tokens go. `serviceAccountTokenInSecrets` counts from 1.35 on (gate CSIServiceAccountTokenSecrets); an older
 * kubelet does not know the field.
 */
export function tokenPlace(driver: CsiDriver, kubeVersion: string): TokenPlace {
  const knowsSecrets = minorOf(kubeVersion) >= 35;
  return knowsSecrets && driver.spec.serviceAccountTokenInSecrets === true ? "secrets" : "context";
}

/** `1.35` → 35 */
export function minorOf(kubeVersion: string): number {
  return Number(kubeVersion.split(".")[1] ?? 0);
}

export { TOKENS_KEY };

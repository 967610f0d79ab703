import type { Rules } from "../behaviour.ts";
import { SERVICE_ACCOUNT_TOKENS, type Volume } from "./volume.ts";

/** What only kubelet may say about a pod. */
const KUBELET_PREFIX = "csi.storage.k8s.io/";

/**
 * What the provider is told: parameters of the class, overlaid by the volume's context, overlaid by the pod's
 * tokens. A pod's author thereby overrides parameters (part of the contract, see {@link overriddenBy}).
 */
export function attributesOf(
  parameters: Readonly<Record<string, string>>,
  volume: Volume,
  rules: Rules,
): Record<string, string> {
  const attributes = { ...(rules.has("B14") ? parameters : withoutKubeletKeys(parameters)), ...volume.context };
  const tokens = tokensOf(volume, rules);
  if (tokens !== "") attributes[SERVICE_ACCOUNT_TOKENS] = tokens;
  return attributes;
}

/** From the secrets when they are there (CSIDriver serviceAccountTokenInSecrets), else from the context. */
function tokensOf({ secrets, context }: Volume, rules: Rules): string {
  const inSecrets = rules.isLegacy ? undefined : secrets[SERVICE_ACCOUNT_TOKENS];
  return inSecrets || context[SERVICE_ACCOUNT_TOKENS] || "";
}

function withoutKubeletKeys(parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).filter(([key]) => !key.startsWith(KUBELET_PREFIX)));
}

/** Parameters of the class that the volume's attributes replace with another value. */
export function overriddenBy(parameters: Readonly<Record<string, string>>, volume: Volume): string[] {
  return Object.keys(parameters).filter(
    (key) => volume.context[key] !== undefined && volume.context[key] !== parameters[key],
  );
}

import { containersOf, type Pod } from "./types.ts";

/** Secrets that a pod's volumes and containers name (spec kubelet-csi §15, 9: `nodePublishSecretRef` too). */
export function secretNamesIn(pod: Pod): ReadonlySet<string> {
  const names = new Set<string | undefined>();
  for (const { csi, secret, projected } of pod.spec.volumes ?? []) {
    names.add(csi?.nodePublishSecretRef?.name);
    names.add(secret?.secretName);
    for (const source of projected?.sources ?? []) names.add(source.secret?.name);
  }
  for (const { env, envFrom } of containersOf(pod)) {
    for (const { valueFrom } of env ?? []) names.add(valueFrom?.secretKeyRef?.name);
    for (const { secretRef } of envFrom ?? []) names.add(secretRef?.name);
  }
  return named(names);
}

/** ConfigMaps that a pod's volumes and containers name. */
export function configMapNamesIn(pod: Pod): ReadonlySet<string> {
  const names = new Set<string | undefined>();
  for (const { configMap, projected } of pod.spec.volumes ?? []) {
    names.add(configMap?.name);
    for (const source of projected?.sources ?? []) names.add(source.configMap?.name);
  }
  for (const { env, envFrom } of containersOf(pod)) {
    for (const { valueFrom } of env ?? []) names.add(valueFrom?.configMapKeyRef?.name);
    for (const { configMapRef } of envFrom ?? []) names.add(configMapRef?.name);
  }
  return named(names);
}

function named(names: ReadonlySet<string | undefined>): ReadonlySet<string> {
  return new Set([...names].filter((name) => name !== undefined && name !== "") as string[]);
}

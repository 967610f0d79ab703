import { type PodFacts, podField, resourceField } from "../fields.ts";
import type { PodTokens } from "../tokens.ts";
import { containersOf, type DownwardFile, type Keyed, type KeyToPath, type Pod, type Volume } from "../types.ts";
import { isMissing } from "../watched-objects.ts";
import type { PayloadFile } from "./atomic-writer.ts";

export type PayloadSources = {
  readonly secret: (namespace: string, name: string) => Promise<Keyed>;
  readonly configMap: (namespace: string, name: string) => Promise<Keyed>;
  readonly tokens: PodTokens;
  readonly facts: (pod: Pod) => PodFacts;
};

const DEFAULT_MODE = 0o644;

/** The files of a secret, configMap, downwardAPI or projected volume. */
export async function payloadOf(pod: Pod, volume: Volume, sources: PayloadSources): Promise<Map<string, PayloadFile>> {
  const files = new Map<string, PayloadFile>();
  const { namespace } = pod.metadata;
  const { secret, configMap, downwardAPI, projected } = volume;
  if (secret !== undefined) {
    const object = await unlessOptional(secret.optional, () => sources.secret(namespace, secret.secretName ?? ""));
    addKeys(files, object, secret, secret.defaultMode, "secret");
  }
  if (configMap !== undefined) {
    const object = await unlessOptional(configMap.optional, () => sources.configMap(namespace, configMap.name ?? ""));
    addKeys(files, object, configMap, configMap.defaultMode, "configmap");
  }
  addDownward(files, pod, downwardAPI?.items ?? [], downwardAPI?.defaultMode, sources.facts(pod));
  for (const source of projected?.sources ?? []) {
    const mode = projected?.defaultMode;
    if (source.secret !== undefined) {
      const { name = "", optional } = source.secret;
      const object = await unlessOptional(optional, () => sources.secret(namespace, name));
      addKeys(files, object, source.secret, mode, "secret");
    }
    if (source.configMap !== undefined) {
      const { name = "", optional } = source.configMap;
      const object = await unlessOptional(optional, () => sources.configMap(namespace, name));
      addKeys(files, object, source.configMap, mode, "configmap");
    }
    addDownward(files, pod, source.downwardAPI?.items ?? [], mode, sources.facts(pod));
    const wanted = source.serviceAccountToken;
    if (wanted !== undefined) {
      const audiences = wanted.audience === undefined || wanted.audience === "" ? [] : [wanted.audience];
      const { token } = await sources.tokens.get(pod, audiences, wanted.expirationSeconds ?? 3600);
      // Given to the group, the token is for nobody else (kubelet's projected plugin).
      const isGrouped = pod.spec.securityContext?.fsGroup !== undefined;
      files.set(wanted.path, { content: Buffer.from(token), mode: isGrouped ? 0o600 : (mode ?? DEFAULT_MODE) });
    }
  }
  return files;
}

async function unlessOptional(optional: boolean | undefined, get: () => Promise<Keyed>): Promise<Keyed | undefined> {
  try {
    return await get();
  } catch (error) {
    if (optional === true && isMissing(error)) return undefined;
    throw error;
  }
}

function addKeys(
  files: Map<string, PayloadFile>,
  object: Keyed | undefined,
  selection: { readonly items?: KeyToPath[]; readonly optional?: boolean },
  defaultMode: number | undefined,
  kind: "secret" | "configmap",
): void {
  const contents = contentsOf(object, kind);
  const mode = defaultMode ?? DEFAULT_MODE;
  if (selection.items === undefined) {
    for (const [key, content] of contents) files.set(key, { content, mode });
    return;
  }
  for (const item of selection.items) {
    const content = contents.get(item.key);
    if (content !== undefined) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (selection.optional !== true)
      throw new Error(
        kind === "secret"
          ? `references non-existent secret key: ${item.key}`
          : `configmap references non-existent config key: ${item.key}`,
      );
  }
}

function contentsOf(object: Keyed | undefined, kind: "secret" | "configmap"): Map<string, Buffer> {
  const base64 = kind === "secret" ? (object?.data ?? {}) : (object?.binaryData ?? {});
  const contents = new Map(Object.entries(base64).map(([key, value]) => [key, Buffer.from(value, "base64")]));
  if (kind === "configmap")
    for (const [key, value] of Object.entries(object?.data ?? {})) contents.set(key, Buffer.from(value));
  return contents;
}

function addDownward(
  files: Map<string, PayloadFile>,
  pod: Pod,
  items: readonly DownwardFile[],
  defaultMode: number | undefined,
  facts: PodFacts,
): void {
  for (const item of items) {
    const text = item.fieldRef
      ? podField(pod, item.fieldRef.fieldPath, facts)
      : resourceOf(pod, item.resourceFieldRef?.containerName, item.resourceFieldRef);
    if (text === undefined) throw new Error(`unsupported fieldPath: ${item.fieldRef?.fieldPath ?? ""}`);
    files.set(item.path, { content: Buffer.from(text), mode: item.mode ?? defaultMode ?? DEFAULT_MODE });
  }
}

function resourceOf(
  pod: Pod,
  name: string | undefined,
  ref: { readonly resource: string; readonly divisor?: string } | undefined,
): string | undefined {
  const container = containersOf(pod).find((candidate) => candidate.name === name);
  if (container === undefined || ref === undefined) return undefined;
  return resourceField(container, ref.resource, ref.divisor);
}

import { type Clock, type Log, MountproofError, messageOf, type Random, waiting } from "../../core/index.ts";
import {
  type EventRecorder,
  type Informer,
  type KubeClient,
  type KubeObject,
  type SecretProviderClass,
  type SecretProviderClassPodStatus,
  SecretProviderClassPodStatuses,
} from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";
import type { ProviderClients } from "../provider/clients.ts";
import type { ObjectVersion } from "../provider/reply.ts";
import { askProvider, writeContent } from "../publish/content.ts";
import { goText, PublishFailure } from "../publish/failure.ts";
import { stampTarget } from "../publish/target.ts";
import { SERVICE_ACCOUNT_TOKENS, type Volume } from "../publish/volume.ts";
import { rotateSecrets } from "../sync/index.ts";
import type { Secret } from "../sync/wanted.ts";
import { isOver, type PodVolume, placeOf, serviceAccountOf, volumeOfClass } from "./place.ts";
import type { RotationReport } from "./report.ts";
import type { TokenSource } from "./tokens.ts";
import { isChanged } from "./versions.ts";

export type RotationDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly rules: Rules;
  readonly driverName: string;
  readonly kube: KubeClient;
  readonly providers: ProviderClients;
  readonly classes: Informer<SecretProviderClass>;
  /** Of this node. */
  readonly pods: Informer<KubeObject>;
  /** Secrets labelled as used by volumes; no other is seen. */
  readonly usedSecrets: Informer<KubeObject>;
  /** Secrets that drivers made. */
  readonly managedSecrets: Informer<Secret>;
  readonly tokens: TokenSource;
  readonly events: EventRecorder;
};

const MAX_WRITES = 5;
const BETWEEN_WRITES_MS = 1;
/** What upstream's retry helper says when it gives up, whatever the reason was. */
const GAVE_UP = "timed out waiting for the condition";

/**
 * Brings one mounted volume up to date, as drivers before v1.6 did on their own (the driver's specification, §6.3):
 * find pod, class and volume, ask the provider, write, and record what changed.
 * @param report filled in as far as it goes; what is thrown is for the log
 */
export async function rotateVolume(
  status: SecretProviderClassPodStatus,
  report: RotationReport,
  deps: RotationDeps,
  signal: AbortSignal,
): Promise<void> {
  const pod = podOf(status, report, deps);
  if (isOver(pod)) return;
  const spc = classOf(status, report, deps);
  const podVolume = placed(status, pod, report, deps);
  const tell = (type: "Normal" | "Warning", reason: string, message: string): void =>
    deps.events.record({ apiVersion: "v1", kind: "Pod", metadata: pod.metadata }, type, reason, message);

  report.errorType = "FailedToRotate";
  const attributes = await attributesOf(spc, pod, deps, signal);
  const secrets = secretsOf(podVolume, pod, report, deps, tell);
  const current = (status.status?.objects ?? []).map(({ id = "", version = "" }) => ({ id, version }));
  const volume = volumeOf(status, pod, secrets);
  const versions = await content(volume, attributes, spc, current, report, deps, tell, signal);

  report.errorType = "FailedToRotate";
  report.isRotated = isChanged(current, versions);
  if (report.isRotated) await recordVersions(status, versions, spc, deps, tell, signal);
  await rotateSecrets(spc, volume.targetPath, { ...deps, secrets: deps.managedSecrets, tell }, signal);
}

async function recordVersions(
  status: SecretProviderClassPodStatus,
  versions: readonly ObjectVersion[],
  spc: SecretProviderClass,
  deps: RotationDeps,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  tell("Normal", "MountRotationComplete", `successfully rotated mounted contents for spc ${nameOf(spc)}`);
  await record(status, versions, deps, signal, (message) =>
    tell(
      "Warning",
      "MountRotationFailed",
      `failed to update versions in spc pod status ${spc.metadata.name}, err: ${message}`,
    ),
  );
}

type Tell = (type: "Normal" | "Warning", reason: string, message: string) => void;

function podOf({ metadata, status }: SecretProviderClassPodStatus, report: RotationReport, deps: RotationDeps) {
  const pod = deps.pods.get(status?.podName ?? "", metadata.namespace);
  if (pod !== undefined) return pod;
  report.errorType = "PodNotFound";
  throw failed(`failed to get pod ${metadata.namespace}/${status?.podName}`, metadata);
}

function classOf({ metadata, status }: SecretProviderClassPodStatus, report: RotationReport, deps: RotationDeps) {
  const spc = deps.classes.get(status?.secretProviderClassName ?? "", metadata.namespace);
  if (spc !== undefined) return spc;
  report.errorType = "SecretProviderClassNotFound";
  throw failed(
    `failed to get secret provider class ${metadata.namespace}/${status?.secretProviderClassName}`,
    metadata,
  );
}

/** The path in the status must be the one of this pod's volume: the object may have been tampered with. */
function placed(
  { metadata, status }: SecretProviderClassPodStatus,
  pod: KubeObject,
  report: RotationReport,
  deps: RotationDeps,
): PodVolume {
  const volume = volumeOfClass(pod, deps.driverName, status?.secretProviderClassName ?? "");
  if (volume === undefined) {
    report.errorType = "PodVolumeNotFound";
    throw failed(`no volume of pod ${nameOf(pod)} has the class of its status object`, metadata);
  }
  const place = placeOf(status?.targetPath ?? "");
  if (place.podUid === pod.metadata.uid && place.volume === volume.name) return volume;
  report.errorType = "UnexpectedTargetPath";
  throw failed(
    `the target path of the status object is not that of volume "${volume.name}" of ${nameOf(pod)}`,
    metadata,
  );
}

/** What a publish would send but for what only kubelet sends: no `ephemeral`, and nothing the pod's author wrote. */
async function attributesOf(
  spc: SecretProviderClass,
  pod: KubeObject,
  { tokens }: RotationDeps,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  const serviceAccount = serviceAccountOf(pod);
  const token = await tokens.tokensFor({ namespace, serviceAccount, pod: { name, uid } }, signal);
  return {
    ...spc.spec?.parameters,
    "csi.storage.k8s.io/pod.name": name,
    "csi.storage.k8s.io/pod.namespace": namespace,
    "csi.storage.k8s.io/pod.uid": uid,
    "csi.storage.k8s.io/serviceAccount.name": serviceAccount,
    ...(token !== "" && { [SERVICE_ACCOUNT_TOKENS]: token }),
  };
}

/** From the copy of labelled Secrets alone: one without the label is not found, though kubelet mounts with it. */
function secretsOf(
  { nodePublishSecret }: PodVolume,
  pod: KubeObject,
  report: RotationReport,
  deps: RotationDeps,
  tell: Tell,
): Record<string, string> {
  if (nodePublishSecret === undefined) return {};
  const { namespace } = pod.metadata;
  const secret = deps.usedSecrets.get(nodePublishSecret, namespace);
  if (secret === undefined) {
    report.errorType = "NodePublishSecretRefNotFound";
    const key = `${namespace}/${nodePublishSecret}`;
    const message = `failed to get node publish secret ${key}, err: secrets "${key}" not found`;
    tell("Warning", "MountRotationFailed", message);
    throw failed(message, pod.metadata);
  }
  const data = (secret["data"] ?? {}) as Readonly<Record<string, string>>;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}

function volumeOf(status: SecretProviderClassPodStatus, pod: KubeObject, secrets: Record<string, string>): Volume {
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  return {
    id: "",
    targetPath: status.status?.targetPath ?? "",
    context: {},
    secrets,
    isReadOnly: true,
    className: status.status?.secretProviderClassName ?? "",
    pod: { name, namespace, uid },
  };
}

async function content(
  volume: Volume,
  attributes: Readonly<Record<string, string>>,
  spc: SecretProviderClass,
  current: readonly ObjectVersion[],
  report: RotationReport,
  deps: RotationDeps,
  tell: Tell,
  signal: AbortSignal,
): Promise<readonly ObjectVersion[]> {
  report.provider = spc.spec?.provider ?? "";
  try {
    deps.providers.get(report.provider);
  } catch (error) {
    report.errorType = "FailedToLookupProviderGRPCClient";
    const message = `failed to lookup provider client: ${JSON.stringify(report.provider)}`;
    tell("Warning", "MountRotationFailed", message);
    throw failed(message, spc.metadata, error);
  }
  try {
    const call = { signal, deadline: undefined };
    const reply = await askProvider(report.provider, attributes, volume, deps, call, { current, noSecrets: "{}" });
    if (writeContent(volume, reply.payload, reply.paths, deps)) stampTarget(volume.targetPath, deps.clock);
    return reply.versions.map(({ id, version }) => ({ id: id.trim(), version: version.trim() }));
  } catch (error) {
    if (!(error instanceof PublishFailure)) throw error;
    report.errorType = error.errorType;
    tell("Warning", "MountRotationFailed", `provider mount err: ${goText(error.cause)}`);
    throw failed(
      `failed to rotate objects for pod ${nameOf({ metadata: volume.pod })}, err: ${goText(error.cause)}`,
      spc.metadata,
      error,
    );
  }
}

/** The status as it was read, with the new versions: who changed it meanwhile makes this fail. */
async function record(
  status: SecretProviderClassPodStatus,
  versions: readonly ObjectVersion[],
  { kube, log, clock }: RotationDeps,
  signal: AbortSignal,
  onFailure: (message: string) => void,
): Promise<void> {
  const wanted = { ...status, status: { ...status.status, objects: [...versions] } };
  for (let writes = 1; ; writes++) {
    try {
      await kube.update(SecretProviderClassPodStatuses, wanted, { signal });
      return;
    } catch (error) {
      log.error("failed to update latest versions in spc pod status", { status: status.metadata.name }, error);
      if (writes === MAX_WRITES) {
        onFailure(GAVE_UP);
        throw failed(`failed to update spc pod status, err: ${GAVE_UP}: ${messageOf(error)}`, status.metadata, error);
      }
      await waiting(clock, "waits to write a status", () => clock.sleep(BETWEEN_WRITES_MS, { signal }));
    }
  }
}

function nameOf({ metadata }: Pick<KubeObject, "metadata">): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function failed(message: string, { name, namespace }: KubeObject["metadata"], cause?: unknown): MountproofError {
  return new MountproofError("provider_failed", { message, culprit: { object: `${namespace}/${name}` }, cause });
}

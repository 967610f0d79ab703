import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { messageOf, minutes, Scope, seconds } from "../../core/index.ts";
import {
  isKubeStatus,
  type KubeObject,
  Pods,
  type SecretProviderClass,
  SecretProviderClassPodStatuses,
  Secrets,
  startInformer,
} from "../../kube/index.ts";
import { isComplete } from "../payload/index.ts";
import { NODE_LABEL, nodeLabel } from "../publish/status.ts";
import { isOver } from "../rotation/place.ts";
import { unlessAborted } from "../waiting.ts";
import { tellPod } from "./events.ts";
import { SyncFailure } from "./failure.ts";
import { type MountedFiles, mountedFiles } from "./files.ts";
import { ownersOf } from "./owners.ts";
import { volumesOf } from "./pods.ts";
import { type Next, type Queue, startQueue } from "./queue.ts";
import { MANAGED_SELECTOR, SecretWriter } from "./secret-writer.ts";
import type { SecretSync, SecretSyncSpec, VolumeSecrets } from "./sync.ts";
import { type Secret, secretNameOf, wantedSecret } from "./wanted.ts";

const FIRST_RETRY_MS = seconds(1);
const LAST_RETRY_MS = minutes(5);

type KnownVolume = Omit<VolumeSecrets, "spc" | "files"> & { readonly className: string };

/**
 * Secrets as part of the publish: data, labels and owners in one write, none when nothing differs. Asks the API
 * server for Secrets and pods only once a SecretProviderClass wants Secrets.
 */
export class HardenedSync implements SecretSync {
  readonly #spec: SecretSyncSpec;
  readonly #scope = new Scope("secret sync");
  readonly #writer: SecretWriter;
  readonly #queue: Queue;
  /** Volumes of this node, by target path. */
  readonly #volumes = new Map<string, KnownVolume>();
  /** Of these only what is missing is made: others may know newer content. */
  readonly #onlyMissing = new Set<string>();
  /** How often Secrets were deleted lately, and when last. */
  readonly #deletions = new Map<string, { readonly count: number; readonly at: number }>();
  #pods: ReturnType<typeof startInformer> | undefined;

  constructor(spec: SecretSyncSpec) {
    const { clock, log, classes } = spec;
    this.#spec = spec;
    this.#writer = new SecretWriter({
      ...spec,
      isClassKnown: (name, namespace) => classes.get(name, namespace) !== undefined,
    });
    this.#queue = this.#scope.use(
      startQueue({
        name: "secret sync",
        clock,
        log,
        firstRetryMs: FIRST_RETRY_MS,
        lastRetryMs: LAST_RETRY_MS,
        work: (targetPath, signal) => this.#again(targetPath, signal),
      }),
    );
    this.#scope.use(
      classes.onEvent(({ type, object, old }) => {
        if (type === "MODIFIED" && !isDeepStrictEqual(old?.spec?.secretObjects, object.spec?.secretObjects))
          this.#classChanged(object);
      }),
    );
    const starting = clock.activity.track("Secrets of volumes mounted before", () => this.#resume());
    this.#scope.defer("start", () => starting);
  }

  async apply(volume: VolumeSecrets, signal: AbortSignal): Promise<void> {
    const { spc, files: _files, ...known } = volume;
    this.#volumes.set(volume.targetPath, { ...known, className: spc.metadata.name ?? "" });
    this.#onlyMissing.delete(volume.targetPath);
    if (!wantsSecrets(spc)) return this.#queue.drop(volume.targetPath);
    if ((await this.#make(volume, signal)) === "backOff") this.#queue.addBackedOff(volume.targetPath);
    else this.#queue.drop(volume.targetPath);
  }

  forget(targetPath: string): void {
    this.#volumes.delete(targetPath);
    this.#onlyMissing.delete(targetPath);
    this.#queue.drop(targetPath);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  /** Every Secret of a volume, one failing entry not in the way of the others. */
  async #make(volume: VolumeSecrets, signal: AbortSignal): Promise<Next> {
    this.#watch();
    const { spc, pod, targetPath, status } = volume;
    let next: Next = "done";
    try {
      const found = await this.#findPod(pod, signal);
      if (found === undefined || isOver(found) || !this.#mounts(found, spc)) return "done";
      const files = volume.files ?? this.#filesOf(volume);
      const owners = (await this.#isOneClassMissing()) ? [] : ownersOf(found, status);
      for (const object of spc.spec?.secretObjects ?? []) {
        const failure = await this.#makeOne(object, spc, files, owners, targetPath, signal);
        if (failure === undefined) continue;
        if (signal.aborted) return "backOff"; // whoever called has gone; that is no news for the pod
        this.#tell(volume, failure);
        if (failure.stage === "foreign" || failure.stage === "refused") next = "backOff";
      }
    } catch (error) {
      if (signal.aborted) return "backOff";
      this.#tell(volume, error);
      next = "backOff";
    }
    return next;
  }

  /** B5: a class that is missing keeps owners from every Secret of the node. */
  async #isOneClassMissing(): Promise<boolean> {
    const { rules, classes } = this.#spec;
    if (!rules.has("B5")) return false;
    const statuses = await this.#statusesOfNode();
    return statuses.some(
      ({ metadata, status }) => classes.get(status?.secretProviderClassName ?? "", metadata.namespace) === undefined,
    );
  }

  async #statusesOfNode() {
    const { kube, rules, nodeId } = this.#spec;
    const labelSelector = `${NODE_LABEL}=${nodeLabel(nodeId, rules)}`;
    return (await kube.list(SecretProviderClassPodStatuses, { labelSelector })).items;
  }

  async #makeOne(
    object: Parameters<typeof wantedSecret>[0],
    spc: SecretProviderClass,
    files: MountedFiles,
    owners: ReturnType<typeof ownersOf>,
    targetPath: string,
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    const { clock, rules, onWritten } = this.#spec;
    const started = clock.now();
    try {
      const wanted = await wantedSecret(object, spc, files, rules);
      const isWritten = await this.#writer.write(wanted, owners, this.#onlyMissing.has(targetPath), signal);
      if (isWritten) onWritten(spc.spec?.provider ?? "", clock.now() - started);
      return undefined;
    } catch (error) {
      return error instanceof SyncFailure ? error : new SyncFailure("refused", messageOf(error), error);
    }
  }

  /** The same again, from what the volume holds. */
  async #again(targetPath: string, signal: AbortSignal): Promise<Next> {
    const volume = this.#volumes.get(targetPath);
    const spc = volume && this.#spec.classes.get(volume.className, volume.pod.namespace);
    if (volume === undefined || spc === undefined || !wantsSecrets(spc)) return "done";
    const next = await this.#make({ ...volume, spc, status: await this.#statusNow(volume, signal) }, signal);
    if (next === "done") this.#onlyMissing.delete(targetPath);
    return next;
  }

  /** Somebody may have deleted it: an owner that is gone takes the Secret along. */
  async #statusNow({ status, pod }: KnownVolume, signal: AbortSignal): Promise<VolumeSecrets["status"]> {
    try {
      const { kube } = this.#spec;
      return await kube.get(SecretProviderClassPodStatuses, status?.metadata.name ?? "", pod.namespace, { signal });
    } catch (error) {
      if (!isKubeStatus(error, "NotFound")) throw error;
      return undefined;
    }
  }

  #filesOf({ targetPath }: VolumeSecrets): MountedFiles {
    try {
      return mountedFiles(targetPath);
    } catch (error) {
      throw new SyncFailure("data", `failed to get mounted files, err: ${messageOf(error)}`, error);
    }
  }

  #tell({ pod, spc }: VolumeSecrets, failure: unknown): void {
    const { log, events } = this.#spec;
    const { name, namespace } = spc.metadata;
    log.error(
      "a Secret could not be made",
      { pod: `${pod.namespace}/${pod.name}`, secretProviderClass: `${namespace}/${name}` },
      failure,
    );
    if (failure instanceof SyncFailure && isKubeStatus(failure.cause, "Forbidden"))
      log.warn("the driver may not write Secrets: its chart grants that with syncSecret.enabled=true");
    tellPod(events, pod, messageOf(failure));
  }

  /** Pods that say they mount this class by another driver get nothing from this one. */
  #mounts(pod: KubeObject, spc: SecretProviderClass): boolean {
    return volumesOf(pod, this.#spec.driverName, spc.metadata.name ?? "").length > 0;
  }

  async #findPod(pod: VolumeSecrets["pod"], signal: AbortSignal): Promise<KubeObject | undefined> {
    const { kube } = this.#spec;
    let found = this.#pods?.get(pod.name, pod.namespace);
    if (found?.metadata.uid !== pod.uid) {
      try {
        found = await kube.get(Pods, pod.name, pod.namespace, { signal });
      } catch (error) {
        if (!isKubeStatus(error, "NotFound")) throw error;
        found = undefined;
      }
    }
    return found?.metadata.uid === pod.uid ? found : undefined;
  }

  /** Copies of this node's pods and of the drivers' Secrets, from the first time that somebody wants a Secret. */
  #watch(): void {
    if (this.#pods !== undefined || this.#scope.signal.aborted) return;
    const { kube, nodeId, clock, log } = this.#spec;
    const context = { clock, log };
    this.#pods = this.#scope.use(startInformer(kube, Pods, { fieldSelector: `spec.nodeName=${nodeId}` }, context));
    const secrets = this.#scope.use(startInformer<Secret>(kube, Secrets, { labelSelector: MANAGED_SELECTOR }, context));
    this.#writer.useCache(secrets);
    secrets.onEvent(({ type, object }) => {
      if (type === "DELETED") this.#secretDeleted(object);
    });
  }

  /** Whoever still wants it makes it anew. Not when it changed: nodes that rotate one after the other would fight. */
  #secretDeleted({ metadata }: KubeObject): void {
    const delay = this.#delayAfterDeletion(`${metadata.namespace}/${metadata.name}`);
    for (const [targetPath, { pod, className }] of this.#volumes) {
      if (pod.namespace !== metadata.namespace) continue;
      const { secretObjects = [] } = this.#spec.classes.get(className, pod.namespace)?.spec ?? {};
      if (!secretObjects.some((object) => secretNameOf(object) === metadata.name)) continue;
      this.#onlyMissing.add(targetPath);
      this.#queue.addAfter(targetPath, delay);
    }
  }

  /** At once the first time; whoever deletes it again and again is given way to, more each time. */
  #delayAfterDeletion(key: string): number {
    const now = this.#spec.clock.now();
    const { count, at } = this.#deletions.get(key) ?? { count: 0, at: 0 };
    const again = now - at > LAST_RETRY_MS ? 1 : count + 1;
    this.#deletions.set(key, { count: again, at: now });
    return again === 1 ? 0 : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (again - 2));
  }

  #classChanged({ metadata }: SecretProviderClass): void {
    for (const [targetPath, { pod, className }] of this.#volumes)
      if (className === metadata.name && pod.namespace === metadata.namespace) this.#queue.add(targetPath);
  }

  /** After a restart: what is missing for volumes that stand. Only the pods' own volumes count, whatever a status says. */
  async #resume(): Promise<void> {
    const { log, classes } = this.#spec;
    try {
      // Where there is no API server yet, who stops the driver does not wait for one.
      await unlessAborted(classes.synced, this.#scope.signal);
      if (!classes.list().some(wantsSecrets)) return;
      for (const status of await this.#statusesOfNode()) await this.#resumeOne(status);
    } catch (error) {
      if (!this.#scope.signal.aborted) log.warn("Secrets of volumes mounted before were not looked at", {}, error);
    }
  }

  async #resumeOne(status: (typeof SecretProviderClassPodStatuses)["object"] & {}): Promise<void> {
    const { kube, rules, classes, driverName, kubeletRootDir } = this.#spec;
    const { podName = "", secretProviderClassName: className = "" } = status.status ?? {};
    const { namespace = "" } = status.metadata;
    const spc = classes.get(className, namespace);
    if (spc === undefined || !wantsSecrets(spc)) return;
    const pod = await kube.find(Pods, podName, namespace);
    const uid = pod?.metadata.uid ?? "";
    if (pod === undefined || isOver(pod) || !isStatusOf(status, uid)) return;
    for (const volume of volumesOf(pod, driverName, className)) {
      const own = join(kubeletRootDir, "pods", uid, "volumes", "kubernetes.io~csi", volume, "mount");
      const targetPath = rules.has("B19") ? (status.status?.targetPath ?? own) : own;
      if (this.#volumes.has(targetPath) || !(rules.has("B19") || this.#isPublished(targetPath))) continue;
      this.#volumes.set(targetPath, { pod: { name: podName, namespace, uid }, targetPath, className, status });
      this.#onlyMissing.add(targetPath);
      this.#queue.add(targetPath);
    }
  }

  #isPublished(targetPath: string): boolean {
    const state = this.#spec.mounter.inspect(targetPath);
    return state.kind === "mounted" && isComplete(targetPath, state.names);
  }
}

function wantsSecrets(spc: SecretProviderClass): boolean {
  return (spc.spec?.secretObjects ?? []).length > 0;
}

/** A status object that is left of an earlier pod of the same name is no owner of anything. */
function isStatusOf(status: KubeObject, podUid: string): boolean {
  return status.metadata.ownerReferences?.some(({ uid }) => uid === podUid) === true;
}

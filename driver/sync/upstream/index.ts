import { join } from "node:path";
import { type Clock, messageOf, minutes, Scope, seconds, waiting } from "../../../core/index.ts";
import {
  type Informer,
  isKubeStatus,
  type KubeObject,
  Pods,
  type SecretProviderClass,
  type SecretProviderClassPodStatus,
  SecretProviderClassPodStatuses,
  Secrets,
  startInformer,
} from "../../../kube/index.ts";
import { NODE_LABEL, nodeLabel } from "../../publish/status.ts";
import { isOver, placeOf, volumeOfClass } from "../../rotation/place.ts";
import { goErrorText, isErrnoError } from "../../text/go-error.ts";
import { formatted } from "../../text/go-format.ts";
import { VolumeLock } from "../../volume-lock.ts";
import { unlessAborted } from "../../waiting.ts";
import { tellPod } from "../events.ts";
import { SyncFailure } from "../failure.ts";
import { type MountedFiles, mountedFiles } from "../files.ts";
import { ownersOf } from "../owners.ts";
import { newSecret } from "../plan.ts";
import { type Next, type Queue, startQueue } from "../queue.ts";
import { MANAGED_SELECTOR } from "../secret-writer.ts";
import type { SecretSync, SecretSyncSpec } from "../sync.ts";
import { type Secret, type SecretObject, type WantedSecret, wantedSecret } from "../wanted.ts";
import { patchOwners } from "./owner-patcher.ts";

/** controller-runtime's back-off. */
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = seconds(1000);
/** What is not found yet may be there soon; what is fine is looked at again. */
const MISSING_AGAIN: Next = { afterMs: seconds(5) };
const FINE_AGAIN: Next = { afterMs: minutes(5) };
const PATCH_EVERY_MS = seconds(5);
const MAX_WRITES = 5;
const BETWEEN_WRITES_MS = 1;
/** What upstream's retry helper says when it gives up, whatever the reason was. */
export const GAVE_UP = "timed out waiting for the condition";
/** Reconciler and patcher exclude each other. */
const MUTEX = "secret sync";

/**
 * The real driver's way (the driver's specification, §5): a controller beside the publish, set off by status objects
 * and nothing else, that rewrites Secrets whole and thereby drops their owners, and a patcher that puts owners back
 * every five seconds.
 */
export class UpstreamSync implements SecretSync {
  readonly #spec: SecretSyncSpec;
  readonly #scope = new Scope("secret sync");
  readonly #queue: Queue;
  readonly #lock: VolumeLock;
  readonly #statuses: Informer<SecretProviderClassPodStatus>;
  readonly #pods: Informer<KubeObject>;
  readonly #secrets: Informer<Secret>;

  constructor(spec: SecretSyncSpec) {
    this.#spec = spec;
    const { clock, log, kube, nodeId, rules } = spec;
    const context = { clock, log };
    const scope = this.#scope;
    const labelSelector = `${NODE_LABEL}=${nodeLabel(nodeId, rules)}`;
    this.#lock = new VolumeLock(clock);
    this.#pods = scope.use(startInformer(kube, Pods, { fieldSelector: `spec.nodeName=${nodeId}` }, context));
    this.#secrets = scope.use(startInformer<Secret>(kube, Secrets, { labelSelector: MANAGED_SELECTOR }, context));
    this.#statuses = scope.use(startInformer(kube, SecretProviderClassPodStatuses, { labelSelector }, context));
    this.#queue = scope.use(
      startQueue({
        name: "secret sync",
        clock,
        log,
        firstRetryMs: FIRST_RETRY_MS,
        lastRetryMs: LAST_RETRY_MS,
        work: (key, signal) => this.#lock.run(MUTEX, signal, () => this.#reconcile(key, signal)),
      }),
    );
    const running = this.#run();
    scope.defer("patcher", () => running);
  }

  /** The controller hears of it by the status object. */
  async apply(): Promise<void> {
    // nothing to do here
  }

  forget(): void {
    // status objects go with their pods
  }

  cachedStatus(name: string, namespace: string): SecretProviderClassPodStatus | undefined {
    return this.#statuses.get(name, namespace);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope[Symbol.asyncDispose]();
  }

  /** Everything is listed once before the first reconcile; rights to list Secrets are not waited for. */
  async #run(): Promise<void> {
    const { clock, classes } = this.#spec;
    const { signal } = this.#scope;
    try {
      const listed = Promise.all([classes.synced, this.#pods.synced, this.#statuses.synced]);
      // Who may not list waits for time: nobody may wait for him.
      await waiting(clock, "secret sync starts", () => unlessAborted(listed, signal));
      this.#statuses.onEvent(({ type, object }) => {
        if (type !== "DELETED") this.#queue.add(`${object.metadata.namespace}/${object.metadata.name}`);
      });
      for (;;) {
        await clock.sleep(PATCH_EVERY_MS, { signal });
        await clock.activity.track("owner patcher", () =>
          this.#lock.run(MUTEX, signal, () => this.#patchOwners(signal)),
        );
      }
    } catch {
      // over with the driver
    }
  }

  async #patchOwners(signal: AbortSignal): Promise<void> {
    const { kube, rules, classes, clock, log } = this.#spec;
    await patchOwners(
      { statuses: this.#statuses.list(), pods: this.#pods, secrets: this.#secrets, classes, kube, rules, clock, log },
      signal,
    );
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<Next> {
    const [namespace = "", name = ""] = key.split("/");
    const { classes, log } = this.#spec;
    const status = this.#statuses.get(name, namespace);
    if (status === undefined) return "done";
    const { podName = "", secretProviderClassName: className = "", targetPath = "" } = status.status ?? {};
    const pod = this.#pods.get(podName, namespace);
    if (pod === undefined) return MISSING_AGAIN;
    if (isOver(pod)) return "done";
    const spc = classes.get(className, namespace);
    if (spc === undefined) return MISSING_AGAIN;
    const objects = spc.spec?.secretObjects ?? [];
    if (objects.length === 0) return "done";
    if (!this.#isOwnPath(targetPath, pod, className)) return "backOff";

    let isFine = true;
    const files = this.#filesOf(targetPath, pod);
    if (files === undefined) return "backOff";
    for (const object of objects) {
      const wanted = await this.#wanted(object, spc, files, pod);
      if (wanted === undefined) {
        isFine = false;
        continue;
      }
      if (await this.#write(wanted, pod, status, signal)) continue;
      if (signal.aborted) return "done";
      tellPod(this.#spec.events, pod.metadata, GAVE_UP);
      return "backOff"; // the objects after this one are not even tried
    }
    log.debug("reconcile complete", { status: name, namespace });
    return isFine ? FINE_AGAIN : "backOff";
  }

  /** B19: how the path ends must fit the pod; where it begins is not looked at. */
  #isOwnPath(targetPath: string, pod: KubeObject, className: string): boolean {
    const { driverName, rules, kubeletRootDir } = this.#spec;
    const volume = volumeOfClass(pod, driverName, className);
    const { uid = "" } = pod.metadata;
    if (volume === undefined) return false;
    if (!rules.has("B19"))
      return targetPath === join(kubeletRootDir, "pods", uid, "volumes", "kubernetes.io~csi", volume.name, "mount");
    const place = placeOf(targetPath);
    return place.podUid === uid && place.volume === volume.name;
  }

  #filesOf(targetPath: string, pod: KubeObject): MountedFiles | undefined {
    try {
      return mountedFiles(targetPath);
    } catch (error) {
      const text = isErrnoError(error) ? goErrorText(error) : messageOf(error);
      this.#tell(pod, `failed to get mounted files, err: ${text}`);
      return undefined;
    }
  }

  async #wanted(
    object: SecretObject,
    spc: SecretProviderClass,
    files: MountedFiles,
    pod: KubeObject,
  ): Promise<WantedSecret | undefined> {
    const { log, rules } = this.#spec;
    try {
      return await wantedSecret(object, spc, files, rules);
    } catch (error) {
      const isInvalid = error instanceof SyncFailure && error.stage === "invalid";
      // B16: what is invalid is told to the log alone.
      if (isInvalid) log.error(messageOf(error), { pod: pod.metadata.name });
      else this.#tell(pod, messageOf(error));
      return undefined;
    }
  }

  /** The text is taken for a format there. */
  #tell(pod: KubeObject, message: string): void {
    this.#spec.log.error(message, { pod: pod.metadata.name });
    tellPod(this.#spec.events, pod.metadata, formatted(message));
  }

  async #write(
    wanted: WantedSecret,
    pod: KubeObject,
    status: SecretProviderClassPodStatus,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, log } = this.#spec;
    for (let writes = 1; writes <= MAX_WRITES; writes++) {
      try {
        await this.#createOrUpdate(wanted, pod, status, signal);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        log.error("failed to create Kubernetes secret", { secret: `${wanted.namespace}/${wanted.name}` }, error);
        if (isKubeStatus(error, "Forbidden"))
          log.warn("the driver may not write Secrets: its chart grants that with syncSecret.enabled=true");
      }
      if (writes < MAX_WRITES) await pause(clock, signal);
    }
    return false;
  }

  /** B2: the whole Secret without its owners, whatever stands there. Before v1.6 what stands there stayed. */
  async #createOrUpdate(
    wanted: WantedSecret,
    pod: KubeObject,
    status: SecretProviderClassPodStatus,
    signal: AbortSignal,
  ): Promise<void> {
    const { kube, rules } = this.#spec;
    if (rules.isLegacy && this.#secrets.get(wanted.name, wanted.namespace) !== undefined) return;
    const secret = newSecret(wanted, rules.has("B2") ? [] : ownersOf(pod, status));
    try {
      await kube.create(Secrets, secret, { signal });
    } catch (error) {
      if (!isKubeStatus(error, "AlreadyExists")) throw error;
      if (!rules.isLegacy) await kube.update(Secrets, secret, { signal });
    }
  }
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  await waiting(clock, "waits to write a Secret", () =>
    clock.sleep(BETWEEN_WRITES_MS, { signal }).catch(() => undefined),
  );
}

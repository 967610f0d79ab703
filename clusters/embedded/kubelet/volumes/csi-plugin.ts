import { mkdir, rmdir, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../../../core/index.ts";
import type { KubeClient } from "../../../../kube/client.ts";
import { GrpcStatus } from "../../../../wire/grpc/status.ts";
import { type Budget, CsiCallError, type CsiNodeClient } from "../csi-client.ts";
import type { Mounts } from "../mounts.ts";
import { Secrets } from "../resources.ts";
import type { PodToken, PodTokens } from "../tokens.ts";
import type { CsiDriver, CsiVolumeSource, Pod } from "../types.ts";
import { minorOf, podInfo, TOKENS_KEY, tokenPlace, tokensValue } from "./csi-context.ts";
import { type PodPaths, volumeHandle } from "./names.ts";
import { giveToGroup } from "./ownership.ts";
import { type PodVolume, type PriorState, SetUpError, type VolumePlugin, type VolumeRef } from "./plugin.ts";
import { readVolData, volData, writeVolData } from "./vol-data.ts";

/** After these the driver may still be at it: the volume's state is uncertain (spec kubelet-csi §6). */
const NOT_FINAL: ReadonlySet<number> = new Set([
  GrpcStatus.CANCELLED,
  GrpcStatus.DEADLINE_EXCEEDED,
  GrpcStatus.UNAVAILABLE,
  GrpcStatus.RESOURCE_EXHAUSTED,
  GrpcStatus.ABORTED,
]);

export type CsiPluginSpec = {
  readonly clock: Clock;
  readonly client: KubeClient;
  readonly paths: PodPaths;
  readonly mounts: Mounts;
  readonly tokens: PodTokens;
  readonly nodeName: string;
  readonly kubeVersion: string;
  readonly timeoutMs: number;
  /** The driver's socket; undefined while it is not registered. */
  readonly driverClient: (driver: string) => CsiNodeClient | undefined;
  readonly csiDriver: (name: string) => CsiDriver | undefined;
};

/** Inline ephemeral CSI volumes: one attempt to publish or unpublish, start to end (spec kubelet-csi §4, §7). */
export class CsiPlugin implements VolumePlugin {
  readonly #spec: CsiPluginSpec;

  constructor(spec: CsiPluginSpec) {
    this.#spec = spec;
  }

  wantsRemount({ volume }: PodVolume): boolean {
    return this.#spec.csiDriver(volume.csi?.driver ?? "")?.spec.requiresRepublish === true;
  }

  async setUp({ pod, volume }: PodVolume, prior: PriorState): Promise<void> {
    const { paths, clock, timeoutMs } = this.#spec;
    const source = volume.csi as CsiVolumeSource;
    const node = this.#driverNode(source.driver, "mounter.SetUpAt");
    const budget = budgetOf(clock, timeoutMs);
    const driver = this.#supportedDriver(source.driver);
    const target = paths.target(pod.metadata.uid, volume.name);
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });

    const secrets = await this.#publishSecrets(pod, source);
    const context = { ...source.volumeAttributes, ...(driver.spec.podInfoOnMount === true && podInfo(pod)) };
    const tokens = await this.#tokens(pod, driver);
    if (tokens !== undefined)
      (tokenPlace(driver, this.#spec.kubeVersion) === "secrets" ? secrets : context)[TOKENS_KEY] = tokens;

    const takesGroup = await this.#takesGroup(node, budget);
    const fsGroup = pod.spec.securityContext?.fsGroup;
    const handle = volumeHandle(pod.metadata.uid, volume.name);
    const data = volData(volume.name, handle, source.driver, this.#spec.nodeName);
    try {
      await writeVolData(paths.volData(pod.metadata.uid, volume.name), data);
    } catch (error) {
      throw transient(`mounter.SetUpAt failed to save volume info data: ${(error as Error).message}`, error);
    }
    try {
      const isShared = (await node.capabilities(budget)).has("SINGLE_NODE_MULTI_WRITER");
      const mode = isShared ? "SINGLE_NODE_MULTI_WRITER" : "SINGLE_NODE_WRITER";
      requireUtf8(secrets);
      await node.publish(
        {
          volumeId: handle,
          targetPath: target,
          readonly: source.readOnly === true,
          volumeContext: context,
          secrets,
          volumeCapability: {
            accessType: {
              case: "mount",
              value: {
                fsType: source.fsType ?? "",
                volumeMountGroup: takesGroup && fsGroup !== undefined ? String(fsGroup) : "",
              },
            },
            accessMode: { mode },
          },
        },
        budget,
      );
    } catch (error) {
      throw await this.#publishFailed(error, target, prior);
    }
    if (!takesGroup) await this.#applyGroup(pod, source, driver, target, handle);
  }

  async tearDown(ref: VolumeRef): Promise<void> {
    const { paths, clock, timeoutMs } = this.#spec;
    const target = paths.target(ref.podUid, ref.volumeName);
    const data = await readVolData(paths.volData(ref.podUid, ref.volumeName));
    const node = this.#driverNode(data.driverName, "Unmounter.TearDownAt");
    try {
      await node.unpublish(data.volumeHandle, target, budgetOf(clock, timeoutMs));
    } catch (error) {
      throw new Error(named(`Unmounter.TearDownAt failed: ${(error as Error).message}`), { cause: error });
    }
    try {
      await this.#removeTarget(target);
    } catch (error) {
      const text = (error as Error).message;
      throw new Error(named(`Unmounter.TearDownAt failed to clean mount dir [${target}]: ${text}`), { cause: error });
    }
  }

  #driverNode(driver: string, where: string): CsiNodeClient {
    const node = this.#spec.driverClient(driver);
    if (node !== undefined) return node;
    const text = `driver name ${driver} not found in the list of registered CSI drivers`;
    throw transient(`${where} failed to get CSI client: ${text}`);
  }

  #supportedDriver(name: string): CsiDriver {
    const driver = this.#spec.csiDriver(name);
    const modes = driver?.spec.volumeLifecycleModes ?? [];
    if (driver !== undefined && modes.includes("Ephemeral")) return driver;
    const why =
      driver === undefined ? "no CSIDriver object" : `only supports [${modes.map((mode) => `"${mode}"`).join(" ")}]`;
    throw transient(
      `mounter.SetupAt failed to check volume lifecycle mode: volume mode "Ephemeral" not supported by driver ${name} (${why})`,
    );
  }

  /** Read anew for each attempt, never from a cache (measured). */
  async #publishSecrets(pod: Pod, source: CsiVolumeSource): Promise<Record<string, string>> {
    const name = source.nodePublishSecretRef?.name;
    if (name === undefined) return {};
    const { namespace } = pod.metadata;
    try {
      const secret = await this.#spec.client.get(Secrets, name, namespace);
      return Object.fromEntries(
        Object.entries(secret.data ?? {}).map(([key, value]) => [key, textOf(Buffer.from(value, "base64"))]),
      );
    } catch (error) {
      const found = named(
        `failed to find the secret ${name} in the namespace ${namespace} with error: ${(error as Error).message}`,
      );
      throw new SetUpError("transient", `fetching NodePublishSecretRef ${namespace}/${name} failed: ${found}`, error);
    }
  }

  async #tokens(pod: Pod, driver: CsiDriver): Promise<string | undefined> {
    const requests = driver.spec.tokenRequests ?? [];
    if (requests.length === 0) return undefined;
    const tokens = new Map<string, PodToken>();
    try {
      for (const { audience, expirationSeconds } of requests) {
        const audiences = audience === "" ? [] : [audience];
        tokens.set(audience, await this.#spec.tokens.get(pod, audiences, expirationSeconds ?? 3600));
      }
    } catch (error) {
      // The misspelling is kubelet's own.
      throw transient(
        `mounter.SetUpAt failed to get service accoount token attributes: ${(error as Error).message}`,
        error,
      );
    }
    return tokensValue(tokens);
  }

  async #takesGroup(node: CsiNodeClient, budget: Budget): Promise<boolean> {
    try {
      return (await node.capabilities(budget)).has("VOLUME_MOUNT_GROUP");
    } catch (error) {
      const text = `failed to determine if the node service has VOLUME_MOUNT_GROUP capability: ${(error as Error).message}`;
      throw transient(`mounter.SetUpAt ${text}`, error);
    }
  }

  /** @returns what the failure means; after a final one the target is taken away as far as it is empty */
  async #publishFailed(error: unknown, target: string, prior: PriorState): Promise<SetUpError> {
    const text = (error as Error).message;
    const isFinal = error instanceof CsiCallError && !NOT_FINAL.has(error.code);
    if (!isFinal) return new SetUpError("uncertain", text, error);
    if (!keepsTarget(prior, this.#spec.kubeVersion)) await this.#removeTarget(target).catch(() => undefined);
    return new SetUpError("final", text, error);
  }

  /** Plain removals, nothing recursive: what is mounted or not empty stays, and what lies above it. */
  async #removeTarget(target: string): Promise<void> {
    const { mounts } = this.#spec;
    const isMounted = await mounts.isMountPoint(target).catch(ignoreMissing(false));
    if (isMounted) return;
    await rmdir(target).catch(ignoreMissing(undefined));
    const folder = dirname(target);
    await unlink(`${folder}/vol_data.json`).catch(ignoreMissing(undefined));
    await rmdir(folder).catch(ignoreMissing(undefined));
  }

  async #applyGroup(
    pod: Pod,
    source: CsiVolumeSource,
    driver: CsiDriver,
    target: string,
    handle: string,
  ): Promise<void> {
    const group = pod.spec.securityContext?.fsGroup;
    if (group === undefined || source.readOnly === true) return;
    const policy = driver.spec.fsGroupPolicy;
    const applies = policy === "File" || (policy === "ReadWriteOnceWithFSType" && (source.fsType ?? "") !== "");
    if (!applies) return;
    try {
      await giveToGroup(target, {
        group,
        isReadOnly: false,
        policy: pod.spec.securityContext?.fsGroupChangePolicy ?? "Always",
      });
    } catch (error) {
      throw new SetUpError("uncertain", `applyFSGroup failed for vol ${handle}: ${(error as Error).message}`, error);
    }
  }
}

/**
 * Whether the target outlives a final error. 1.34 clears it under running containers when a republish fails
 * (kubernetes PR 139045 mends that), and until 1.36 after a restart too (PR 136603).
 */
export function keepsTarget(prior: PriorState, kubeVersion: string): boolean {
  const minor = minorOf(kubeVersion);
  return (prior === "mounted" && minor >= 35) || (prior === "reconstructed" && minor >= 36);
}

const named = (text: string): string => `kubernetes.io/csi: ${text}`;

function transient(text: string, cause?: unknown): SetUpError {
  return new SetUpError("transient", named(text), cause);
}

function budgetOf(clock: Clock, ms: number): Budget {
  const end = clock.now() + ms;
  // A deadline of 0 would mean none at all.
  return { remaining: () => Math.max(1, end - clock.now()) };
}

function ignoreMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}

/** A lone surrogate stands for bytes that are no UTF-8: such a request cannot be marshalled. */
const BROKEN = "\uDC80";

function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : BROKEN;
}

function requireUtf8(secrets: Readonly<Record<string, string>>): void {
  if (!Object.values(secrets).includes(BROKEN)) return;
  throw new CsiCallError(
    GrpcStatus.INTERNAL,
    "rpc error: code = Internal desc = grpc: error while marshaling: string field contains invalid UTF-8",
    undefined,
  );
}

import { type Clock, messageOf } from "../../core/index.ts";
import { type Informer, isKubeStatus, type KubeClient, type OwnerReference, Secrets } from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";
import { VolumeLock } from "../volume-lock.ts";
import { SyncFailure } from "./failure.ts";
import { type PlanFacts, planSecret } from "./plan.ts";
import { MANAGED_LABEL, type Secret, type WantedSecret } from "./wanted.ts";

export type SecretWriterSpec = {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly rules: Rules;
  readonly isClassKnown: (name: string, namespace: string) => boolean;
};

/** Drivers of other nodes write too; each loss means that somebody else won. */
const MAX_LOSSES = 8;

/** Brings single Secrets to what is wanted: at most one write each, none when they are there already. */
export class SecretWriter {
  readonly #spec: SecretWriterSpec;
  readonly #lock: VolumeLock;
  /** What was written and has not come back by the watch yet. */
  readonly #written = new Map<string, Secret>();
  #cache: Informer<Secret> | undefined;

  constructor(spec: SecretWriterSpec) {
    this.#spec = spec;
    this.#lock = new VolumeLock(spec.clock);
  }

  /** From now on what is stored is looked up in a copy first. */
  useCache(cache: Informer<Secret>): void {
    this.#cache = cache;
    cache.onEvent(({ object }) => this.#written.delete(keyOf(object)));
  }

  /**
   * @returns whether anything was written
   * @throws SyncFailure `foreign`, `refused`
   */
  async write(
    wanted: WantedSecret,
    owners: readonly OwnerReference[],
    keepsData: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const key = `${wanted.namespace}/${wanted.name}`;
    try {
      return await this.#lock.run(key, signal, () => this.#write(key, wanted, owners, keepsData, signal));
    } catch (error) {
      if (error instanceof SyncFailure) throw error;
      throw new SyncFailure("refused", `failed to create or update secret ${key}, err: ${messageOf(error)}`, error);
    }
  }

  async #write(
    key: string,
    wanted: WantedSecret,
    owners: readonly OwnerReference[],
    keepsData: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { kube, rules } = this.#spec;
    let stored = this.#written.get(key) ?? this.#cache?.get(wanted.name, wanted.namespace);
    for (let losses = 0; ; losses++) {
      const isClassKnown: PlanFacts["isClassKnown"] = (name) => this.#spec.isClassKnown(name, wanted.namespace);
      const plan = planSecret({ wanted, owners, stored, isClassKnown, keepsData, rules });
      if (plan.kind === "equal") return false;
      if (plan.kind === "leave") throw new SyncFailure("foreign", `secret ${key} is left as it is: ${plan.reason}`);
      try {
        const written =
          plan.kind === "create"
            ? await kube.create(Secrets, plan.secret, { signal })
            : await kube.update(Secrets, plan.secret, { signal });
        this.#written.set(key, written as Secret);
        return true;
      } catch (error) {
        if (!isKubeStatus(error, "AlreadyExists", "Conflict", "NotFound") || losses === MAX_LOSSES) throw error;
        // A missing namespace is NotFound too, and stays so.
        if (plan.kind === "create" && isKubeStatus(error, "NotFound")) throw error;
      }
      this.#written.delete(key);
      stored = (await kube.find(Secrets, wanted.name, wanted.namespace)) as Secret | undefined;
    }
  }
}

function keyOf({ metadata }: Secret): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Secrets that drivers made, of all namespaces: what a cache of them holds. */
export const MANAGED_SELECTOR = `${MANAGED_LABEL}=true`;

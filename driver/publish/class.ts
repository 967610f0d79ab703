import { type Clock, messageOf, waiting } from "../../core/index.ts";
import {
  type Informer,
  isKubeStatus,
  type KubeClient,
  type SecretProviderClass,
  SecretProviderClasses,
} from "../../kube/index.ts";
import { GrpcStatus } from "../../wire/grpc/index.ts";
import { unlessAborted } from "../waiting.ts";
import { ErrorType, PublishFailure } from "./failure.ts";
import { classOf, type Volume } from "./volume.ts";

/** Where classes are looked up: a local copy first. */
export type ClassSource = {
  readonly informer: Informer<SecretProviderClass>;
  /** Asked when the copy has no such class; without it the copy's word is final, as upstream's is. */
  readonly live: KubeClient | undefined;
  readonly clock: Clock;
  ready(signal: AbortSignal): Promise<void>;
};

/** Holds publishes back until the classes were listed once; after that it costs nothing. */
export function classSource(source: Omit<ClassSource, "ready">): ClassSource {
  let isReady = false;
  source.informer.synced.then(
    () => {
      isReady = true;
    },
    () => undefined, // who stops before the first list has come needs no answer
  );
  const list = "waits for the list of SecretProviderClasses";
  const ready = async (signal: AbortSignal): Promise<void> => {
    if (!isReady) await waiting(source.clock, list, () => unlessAborted(source.informer.synced, signal));
  };
  return { ...source, ready };
}

/** @throws PublishFailure `Unknown` with upstream's texts: not named, not found */
export async function findClass(
  volume: Volume,
  source: ClassSource,
  signal: AbortSignal,
): Promise<SecretProviderClass> {
  const { className, pod } = volume;
  if (className === "") throw unusable("secretProviderClass is not set");
  await source.ready(signal);
  const cached = source.informer.get(className, pod.namespace);
  if (cached !== undefined) return cached;
  let reason = `SecretProviderClass.secrets-store.csi.x-k8s.io "${className}" not found`;
  if (source.live !== undefined && pod.namespace !== "") {
    try {
      return await source.live.get(SecretProviderClasses, className, pod.namespace, { signal });
    } catch (error) {
      if (!isKubeStatus(error, "NotFound")) reason = messageOf(error);
    }
  }
  throw new PublishFailure(
    "class",
    GrpcStatus.UNKNOWN,
    `failed to get secretproviderclass ${classOf(volume)}, error: ${reason}`,
    ErrorType.classNotFound,
  );
}

/** @throws PublishFailure `Unknown`: a class without provider or without parameters is of no use */
export function providerOf(spc: SecretProviderClass, volume: Volume): string {
  const provider = spc.spec?.provider ?? "";
  if (provider === "") throw unusable(`provider not set in ${classOf(volume)}`);
  return provider;
}

/** @see providerOf */
export function parametersOf(spc: SecretProviderClass, volume: Volume): Readonly<Record<string, string>> {
  const parameters = spc.spec?.parameters ?? {};
  if (Object.keys(parameters).length === 0) throw unusable(`parameters not set in ${classOf(volume)}`);
  return parameters;
}

function unusable(message: string): PublishFailure {
  return new PublishFailure("class", GrpcStatus.UNKNOWN, message, ErrorType.mount);
}

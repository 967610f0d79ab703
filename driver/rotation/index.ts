import { type Clock, type Log, messageOf, type Random, Scope, seconds } from "../../core/index.ts";
import {
  type Informer,
  type KubeClient,
  Pods,
  type SecretProviderClass,
  SecretProviderClassPodStatuses,
  Secrets,
  startEventRecorder,
  startInformer,
} from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";
import type { DriverMetrics } from "../metrics/metrics.ts";
import type { ProviderClients } from "../provider/clients.ts";
import { ROTATION_COMPONENT } from "../publish/observed.ts";
import { NODE_LABEL } from "../publish/status.ts";
import { MANAGED_SELECTOR } from "../sync/secret-writer.ts";
import type { Secret } from "../sync/wanted.ts";
import { type Next, startRotationQueue } from "./queue.ts";
import { type RotationDeps, rotateVolume } from "./reconcile.ts";
import { newRotationReport } from "./report.ts";
import type { TokenSource } from "./tokens.ts";

export { TokenSource } from "./tokens.ts";

export type RotationSpec = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly rules: Rules;
  readonly nodeId: string;
  readonly driverName: string;
  readonly intervalMs: number;
  readonly kube: KubeClient;
  readonly providers: ProviderClients;
  readonly classes: Informer<SecretProviderClass>;
  readonly metrics: DriverMetrics;
  readonly tokens: TokenSource;
};

/** The label without which a nodePublishSecretRef's Secret is not seen. */
const USED = "secrets-store.csi.k8s.io/used=true";
const RETRY_MS = seconds(10);

/**
 * Rotation as drivers before v1.6 did it: every interval all of this node's volumes, one after the other, whether or
 * not kubelet calls. The first round comes after one interval.
 */
export function startRotation(spec: RotationSpec): AsyncDisposable {
  const { clock, log, nodeId, kube, intervalMs } = spec;
  const scope = new Scope("rotation");
  const context = { clock, log };
  const statuses = scope.use(
    startInformer(kube, SecretProviderClassPodStatuses, { labelSelector: `${NODE_LABEL}=${nodeId}` }, context),
  );
  const deps: RotationDeps = {
    ...spec,
    pods: scope.use(startInformer(kube, Pods, { fieldSelector: `spec.nodeName=${nodeId}` }, context)),
    usedSecrets: scope.use(startInformer(kube, Secrets, { labelSelector: USED }, context)),
    managedSecrets: scope.use(startInformer<Secret>(kube, Secrets, { labelSelector: MANAGED_SELECTOR }, context)),
    events: scope.use(startEventRecorder({ client: kube, clock, log, component: ROTATION_COMPONENT, host: nodeId })),
  };
  const turn = (key: string, signal: AbortSignal): Promise<Next> => {
    const [namespace, name = ""] = key.split("/");
    const status = statuses.get(name, namespace);
    return status === undefined ? Promise.resolve({ kind: "limited" }) : observedRotation(status, deps, spec, signal);
  };
  const queue = scope.use(startRotationQueue(clock, turn));
  const rounds = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(intervalMs, { signal: scope.signal });
      for (const { metadata } of statuses.list()) queue.add(`${metadata.namespace}/${metadata.name}`);
    }
  };
  const running = rounds().catch(() => undefined); // ends by the scope's signal
  scope.defer("rounds", () => running);
  return scope;
}

/** A turn with all that others learn of it: metrics and log; the pod's events are told on the way. */
async function observedRotation(
  status: Parameters<typeof rotateVolume>[0],
  deps: RotationDeps,
  { metrics, clock, log }: RotationSpec,
  signal: AbortSignal,
): Promise<Next> {
  const report = newRotationReport();
  const started = clock.now();
  try {
    await rotateVolume(status, report, deps, signal);
    metrics.reconciled(report, undefined, clock.now() - started);
    return { kind: "done" };
  } catch (error) {
    if (signal.aborted) return { kind: "done" };
    metrics.reconciled(report, error, clock.now() - started);
    log.error("failed to reconcile spc for pod", { status: status.metadata.name, error: messageOf(error) });
    return { kind: "after", ms: RETRY_MS };
  }
}

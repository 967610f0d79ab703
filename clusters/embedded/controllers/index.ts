import { type Clock, type Log, type Random, Scope } from "../../../core/index.ts";
import type { Informer, KubeClient, Resource } from "../../../kube/client.ts";
import { startInformer } from "../../../kube/informer.ts";
import type { KubeObject } from "../../../kube/types.ts";
import type { ControllerContext, StartController } from "./context.ts";
import { Controlled } from "./controlled.ts";
import { startCronJobController } from "./cron-job.ts";
import { startDaemonSetController } from "./daemon-set.ts";
import { startDeploymentController } from "./deployment.ts";
import { startEndpointsController } from "./endpoints.ts";
import { startGarbageCollector } from "./garbage-collector.ts";
import { startJobController } from "./job.ts";
import { startNamespaceController } from "./namespace.ts";
import { startNodeLifecycleController } from "./node-lifecycle.ts";
import { startReplicaSetController } from "./replica-set.ts";
import { startScheduler } from "./scheduler.ts";
import { startServiceAccountController } from "./service-account.ts";
import { startStatefulSetController } from "./stateful-set.ts";

const CONTROLLERS: readonly StartController[] = [
  startNamespaceController,
  startServiceAccountController,
  startScheduler,
  startReplicaSetController,
  startDeploymentController,
  startStatefulSetController,
  startDaemonSetController,
  startJobController,
  startCronJobController,
  startEndpointsController,
  startGarbageCollector,
  startNodeLifecycleController,
];

export type ControllersSpec = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Whether pods are placed; true when left out. Without nodes there is nothing to place them on. */
  readonly scheduler?: boolean;
};

/** Starts what a real cluster's controller manager and scheduler do, over the HTTP API alone. */
export async function startControllers(spec: ControllersSpec): Promise<AsyncDisposable> {
  return await Scope.run("controllers", async (scope) => {
    const informers = new Map<string, Promise<Informer<KubeObject>>>();
    const controlled = new Map<unknown, unknown>();
    const context: ControllerContext = {
      ...spec,
      informer: async <T extends KubeObject>(resource: Resource<T>): Promise<Informer<T>> => {
        const key = `${resource.group}/${resource.version}/${resource.plural}`;
        let informer = informers.get(key);
        if (informer === undefined) {
          informer = Promise.resolve(
            startInformer(spec.client, resource as Resource, {}, { ...spec, isStreaming: true }),
          ).then(async (started) => {
            scope.use(started);
            await started.synced;
            return started;
          });
          informers.set(key, informer);
        }
        return (await informer) as unknown as Informer<T>;
      },
      controlled: async <T extends KubeObject>(resource: Resource<T>): Promise<Controlled<T>> => {
        const informer = await context.informer(resource);
        const known = controlled.get(informer) ?? new Controlled(informer);
        controlled.set(informer, known);
        return known as Controlled<T>;
      },
    };
    const controllers = CONTROLLERS.filter((start) => start !== startScheduler || spec.scheduler !== false);
    // Side by side: each waits for the first lists of its kinds, most of which they share.
    for (const running of await Promise.all(controllers.map((start) => start(context)))) scope.use(running);
    return scope;
  });
}

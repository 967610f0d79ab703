import type { KubeObject, Status } from "../../../../kube/types.ts";
import type { Kind } from "../kinds/kind.ts";
import { objectKey, tableOf } from "../kinds/registry.ts";
import type { SubresourceCreate } from "../pipeline.ts";
import { type ServerContext, timestamp } from "../server-context.ts";
import { conflict } from "../store/refusals.ts";
import { badRequest } from "../validation/field-error.ts";
import { markDeleted } from "./delete.ts";

const SUCCESS: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
const success = (): KubeObject => ({ ...SUCCESS }) as unknown as KubeObject;

/** `POST pods/NAME/binding`: what a scheduler does (registry/core/pod/storage, assignPod). */
export function bindPod(server: ServerContext, pods: Kind): SubresourceCreate {
  return (_request, pod, binding) => {
    const target = (binding["target"] ?? {}) as { kind?: string; name?: string };
    if (!target.name || (target.kind ?? "Node") !== "Node")
      throw badRequest("target: a binding names the Node that the pod goes to");
    const spec = (pod["spec"] ?? {}) as { nodeName?: string };
    const { name = "", namespace = "" } = pod.metadata;
    if (pod.metadata.deletionTimestamp !== undefined)
      throw conflict("pods/binding", name, `pod ${name} is being deleted, cannot be assigned to a host`);
    if (spec.nodeName)
      throw conflict("pods/binding", name, `pod ${name} is already assigned to node "${spec.nodeName}"`);
    const status = (pod["status"] ?? {}) as { conditions?: { type: string }[] };
    const conditions = (status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
    server.store.put(tableOf(pods), objectKey(pods, namespace, name), {
      ...pod,
      spec: { ...spec, nodeName: target.name },
      status: {
        ...status,
        conditions: [
          ...conditions,
          {
            type: "PodScheduled",
            status: "True",
            lastProbeTime: null,
            lastTransitionTime: timestamp(server.clock),
          },
        ],
      },
    });
    return success();
  };
}

/** `POST pods/NAME/eviction`: a deletion that a disruption budget could refuse; none is kept here. */
export function evictPod(server: ServerContext, pods: Kind): SubresourceCreate {
  return (_request, pod, eviction) => {
    const options = (eviction["deleteOptions"] ?? {}) as Parameters<typeof markDeleted>[3];
    markDeleted(server, pods, pod, options);
    return success();
  };
}

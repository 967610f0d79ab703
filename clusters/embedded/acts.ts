import { type Clock, type Scope, VirtualClock } from "../../core/index.ts";
import { isKubeStatus, type KubeClient, type KubeConfig, type Resource } from "../../kube/client.ts";
import { resource, ServiceAccounts } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import type { LaunchContext, NodeHandle } from "../cluster.ts";
import type { TokenRequest } from "./kubelet/types.ts";
import type { NodePart } from "./spec.ts";

/** A part's token lasts as long as any run: nobody renews it. Ten years. */
const PART_TOKEN_SECONDS = 315_360_000;
/** How often a condition is looked at on a real clock. */
const LOOK_MS = 50;

/** Creates objects, and replaces those that are there. */
export async function applyObjects(admin: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const kind = resourceOf(object);
    try {
      await admin.create(kind, object);
    } catch (error) {
      if (!isKubeStatus(error, "AlreadyExists")) throw error;
      const { name = "", namespace } = object.metadata;
      const { resourceVersion } = (await admin.get(kind, name, namespace)).metadata;
      const metadata = { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) };
      await admin.update(kind, { ...object, metadata });
    }
  }
}

/** A config that acts as a ServiceAccount, with a token from TokenRequest. */
export async function configOfAccount(
  admin: KubeClient,
  { server, caPem, memory }: Pick<KubeConfig, "server" | "caPem" | "memory">,
  namespace: string,
  serviceAccount: string,
): Promise<KubeConfig> {
  const request: TokenRequest = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: serviceAccount, namespace },
    spec: { audiences: [], expirationSeconds: PART_TOKEN_SECONDS },
  };
  const answer = await admin.create(ServiceAccounts as Resource<TokenRequest>, request, { subresource: "token" });
  return {
    ...{ server, caPem, ...(memory !== undefined && { memory }) },
    credentials: { kind: "token", token: answer.status?.token ?? "" },
  };
}

/** Launches a part on its nodes; it ends with the scope, or when what is returned is disposed. */
export async function launchOn(
  part: NodePart,
  nodes: readonly NodeHandle[],
  scope: Scope,
  contextOf: (node: NodeHandle) => Promise<LaunchContext>,
): Promise<AsyncDisposable> {
  const launched: AsyncDisposable[] = [];
  const end = async (): Promise<void> => {
    for (const one of launched.splice(0).reverse()) await one[Symbol.asyncDispose]();
  };
  scope.defer(part.name, end);
  for (const node of nodes)
    if (part.nodes?.includes(node.name) ?? true) launched.push(await part.launch(await contextOf(node)));
  return { [Symbol.asyncDispose]: end };
}

/** Runs the clock until `holds`, at most `ms`; a real clock is waited for. */
export async function untilHolds(clock: Clock, holds: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  if (clock instanceof VirtualClock) return await clock.advanceUntil(holds, ms);
  const end = clock.now() + ms;
  for (;;) {
    if (await holds()) return true;
    if (clock.now() >= end) return false;
    await clock.sleep(Math.min(LOOK_MS, end - clock.now()));
  }
}

/** Kinds whose plural is not the kind's name with an s or es. */
const PLURALS: Readonly<Record<string, string>> = { Endpoints: "endpoints" };
const CLUSTER_WIDE =
  /^(Cluster.*|CSIDriver|CSINode|CustomResourceDefinition|Namespace|Node|PersistentVolume|StorageClass|VolumeAttachment|PriorityClass|.*WebhookConfiguration)$/;

/** The handle of an object's kind, from the object alone. */
export function resourceOf(object: KubeObject): Resource {
  const { apiVersion = "v1", kind = "" } = object;
  const slash = apiVersion.indexOf("/");
  const lower = kind.toLowerCase();
  const plural =
    PLURALS[kind] ??
    (/(s|x|ch)$/.test(lower) ? `${lower}es` : /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`);
  return resource({
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    plural,
    namespaced: !CLUSTER_WIDE.test(kind),
  });
}

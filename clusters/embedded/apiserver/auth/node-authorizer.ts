import type { KubeObject } from "../../../../kube/types.ts";
import type { Action, Decision, ResourceAction } from "./attributes.ts";
import type { PodsByNode } from "./pods-by-node.ts";
import { COMPONENT_ROLES } from "./rbac/bootstrap-roles.ts";
import { ruleAllows } from "./rbac/rules.ts";
import type { User } from "./user.ts";

const NODES = "system:nodes";
const PREFIX = "system:node:";
/** What a kubelet may read only when a pod of its node needs it. */
const GUARDED = new Set(["secrets", "configmaps", "serviceaccounts"]);

/**
 * Speaks for kubelets (plugin/pkg/auth/authorizer/node): the rules of `system:node`, but Secrets, ConfigMaps and
 * tokens only where a pod bound to the node names them. Undefined for anybody else.
 */
export function authorizeNode(pods: PodsByNode, user: User, action: Action): Decision | undefined {
  if (!user.groups.includes(NODES) || !user.name.startsWith(PREFIX)) return undefined;
  const rules = COMPONENT_ROLES["system:node"] ?? [];
  if (!rules.some((rule) => ruleAllows(rule, action))) return undefined;
  if (action.kind !== "resource" || action.group !== "" || !GUARDED.has(action.resource))
    return { allowed: true, reason: "" };
  const node = user.name.slice(PREFIX.length);
  if (isNeeded(pods, node, action)) return { allowed: true, reason: "" };
  return { allowed: false, reason: `no relationship found between node '${node}' and this object` };
}

function isNeeded(pods: PodsByNode, node: string, { resource, namespace = "", name = "" }: ResourceAction): boolean {
  if (name === "") return false;
  return pods.on(node).some((pod) => pod.metadata.namespace === namespace && namesIn(pod, resource).has(name));
}

type Loose = Record<string, unknown>;

/** Names that a pod's spec gives to objects of a resource, wherever they stand. */
function namesIn(pod: KubeObject, resource: string): ReadonlySet<string> {
  const names = new Set<string>();
  const spec = (pod["spec"] ?? {}) as Loose;
  if (resource === "serviceaccounts") return names.add(String(spec["serviceAccountName"] ?? "default"));
  const keys = resource === "secrets" ? SECRET_KEYS : CONFIG_MAP_KEYS;
  const visit = (value: unknown, key: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, key);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    const { name, secretName } = value as { name?: unknown; secretName?: unknown };
    if (keys.has(key)) for (const one of [name, secretName]) if (typeof one === "string") names.add(one);
    for (const [inner, item] of Object.entries(value)) visit(item, inner);
  };
  visit(spec, "");
  return names;
}

const SECRET_KEYS = new Set(["secret", "secretRef", "secretKeyRef", "imagePullSecrets", "nodePublishSecretRef"]);
const CONFIG_MAP_KEYS = new Set(["configMap", "configMapRef", "configMapKeyRef"]);

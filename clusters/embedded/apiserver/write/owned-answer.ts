import type { KubeObject } from "../../../../kube/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import { ownedAfterUpdate, setEntries } from "../ownership/managed-fields.ts";
import type { ApiRequest } from "../pipeline.ts";
import { emptyObject } from "../schema/kind-types.ts";
import type { TypeNode } from "../schema/type-node.ts";

/**
 * What is posted and not stored has an owner, too: whoever asks.
 * @param now RFC 3339
 */
export function withOwner(
  now: string,
  { exchange, info }: ApiRequest,
  type: TypeNode | undefined,
  kind: Kind,
  sent: KubeObject,
  answer: KubeObject,
): KubeObject {
  if (type === undefined || answer.kind !== kind.kind || sent["spec"] === undefined || answer["spec"] === undefined)
    return answer;
  const agent = exchange.headers["user-agent"] ?? "";
  const writer = {
    manager: exchange.query.get("fieldManager") ?? agent.split("/")[0] ?? "",
    apiVersion: apiVersionOf(kind),
    subresource: info.subresource,
    now,
  };
  const entries = ownedAfterUpdate(emptyObject(kind, type), sent, type, [], writer);
  const owned = { ...answer, metadata: { ...answer.metadata } };
  setEntries(owned, entries);
  return owned;
}

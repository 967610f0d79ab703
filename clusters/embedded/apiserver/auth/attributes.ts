import type { KubeStatusError } from "../../../../kube/client.ts";
import { forbiddenObject } from "../validation/field-error.ts";
import type { User } from "./user.ts";

/** What is asked of an authorizer (k8s.io/apiserver's `authorizer.Attributes`), without the user. */
export type Action = ResourceAction | PathAction;

export type ResourceAction = {
  readonly kind: "resource";
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Empty at the cluster scope. A Namespace is in itself. */
  readonly namespace?: string;
  /** Empty for create, and for list, watch and deletecollection without `fieldSelector=metadata.name=…`. */
  readonly name?: string;
};

export type PathAction = { readonly kind: "path"; readonly verb: string; readonly path: string };

export type Decision = {
  readonly allowed: boolean;
  /** Empty when nobody has to say anything; also carries the bindings that could not be resolved. */
  readonly reason: string;
};

/** The sentence of a refusal (k8s.io/apiserver, endpoints/handlers/responsewriters). */
export function forbiddenText(user: User, action: Action): string {
  const who = `User ${quote(user.name)}`;
  if (action.kind === "path") return `${who} cannot ${action.verb} path ${quote(action.path)}`;
  const what = action.subresource ? `${action.resource}/${action.subresource}` : action.resource;
  const where = action.namespace ? `in the namespace ${quote(action.namespace)}` : "at the cluster scope";
  return `${who} cannot ${action.verb} resource ${quote(what)} in API group ${quote(action.group)} ${where}`;
}

/** The 403 for a request that was not allowed. */
export function forbiddenRequest(user: User, action: Action, reason = ""): KubeStatusError {
  const text = forbiddenText(user, action);
  const why = reason === "" ? text : `${text}: ${reason}`;
  if (action.kind === "path") return forbiddenObject("", "", "", why);
  return forbiddenObject(action.group, action.resource, action.name ?? "", why);
}

function quote(text: string): string {
  return JSON.stringify(text);
}

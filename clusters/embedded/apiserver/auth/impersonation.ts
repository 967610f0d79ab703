import { KubeStatusError } from "../../../../kube/client.ts";
import { failure } from "../validation/field-error.ts";
import { type Decision, forbiddenRequest, type ResourceAction } from "./attributes.ts";
import {
  ALL_AUTHENTICATED,
  ALL_UNAUTHENTICATED,
  ANONYMOUS,
  serviceAccountGroups,
  serviceAccountOf,
  type User,
} from "./user.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const AUTHN = "authentication.k8s.io";
const EXTRA = "impersonate-extra-";

/**
 * Whom the request acts for: the sender unless `Impersonate-*` headers name somebody else, which the sender must be
 * allowed to do header by header (k8s.io/apiserver, endpoints/filters/impersonation).
 * @throws KubeStatusError 403 for what is not allowed, 500 for groups without a user
 */
export function impersonated(
  sender: User,
  headers: Headers,
  authorize: (user: User, action: ResourceAction) => Decision,
): User {
  const name = values(headers["impersonate-user"])[0] ?? "";
  const uid = values(headers["impersonate-uid"])[0] ?? "";
  const groups = groupsOf(headers["impersonate-group"]);
  const extra = extraOf(headers);
  if (name === "") {
    if (uid === "" && groups.length === 0 && Object.keys(extra).length === 0) return sender;
    throw new KubeStatusError(
      failure(500, "InternalError", "Internal error occurred: impersonation headers without impersonating a user"),
    );
  }
  const may = (group: string, resource: string, named: string, more: Partial<ResourceAction> = {}): void => {
    const action: ResourceAction = { kind: "resource", verb: "impersonate", group, resource, name: named, ...more };
    const decision = authorize(sender, action);
    if (!decision.allowed) throw forbiddenRequest(sender, action, decision.reason);
  };

  const account = serviceAccountOf(name);
  if (account === undefined) may("", "users", name);
  else may("", "serviceaccounts", account.name, { namespace: account.namespace });
  for (const group of groups) may("", "groups", group);
  for (const [key, list] of Object.entries(extra))
    for (const value of list) may(AUTHN, "userextras", value, { subresource: key });
  if (uid !== "") may(AUTHN, "uids", uid);

  const own = account !== undefined && groups.length === 0 ? serviceAccountGroups(account.namespace) : groups;
  return {
    name,
    ...(uid === "" ? {} : { uid }),
    groups: withDefaultGroup(name, own),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function withDefaultGroup(name: string, groups: readonly string[]): string[] {
  if (name === ANONYMOUS.name) return groups.length === 0 ? [ALL_UNAUTHENTICATED] : [...groups];
  const isMarked = groups.includes(ALL_AUTHENTICATED) || groups.includes(ALL_UNAUTHENTICATED);
  return isMarked ? [...groups] : [...groups, ALL_AUTHENTICATED];
}

function values(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return Array.isArray(header) ? header : [header];
}

/** Node joins a repeated header by comma and blank, which no group name of Kubernetes holds. */
function groupsOf(header: string | string[] | undefined): string[] {
  return values(header)
    .flatMap((value) => value.split(", "))
    .filter((group) => group !== "");
}

function extraOf(headers: Headers): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [name, header] of Object.entries(headers)) {
    if (!name.startsWith(EXTRA)) continue;
    extra[unescaped(name.slice(EXTRA.length))] = values(header).flatMap((value) => value.split(", "));
  }
  return extra;
}

/** A key may be percent-encoded; one that does not decode is meant as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

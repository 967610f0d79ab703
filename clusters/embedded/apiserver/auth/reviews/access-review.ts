import type { KubeObject } from "../../../../../kube/types.ts";
import { badRequest, type FieldError, forbidden, invalid, invalidObject } from "../../validation/field-error.ts";
import type { Action, Decision } from "../attributes.ts";
import type { PolicyRule } from "../rbac/rules.ts";
import { type User, userInfo } from "../user.ts";

const GROUP = "authorization.k8s.io";

type ResourceAttributes = {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
};

type Spec = {
  readonly resourceAttributes?: ResourceAttributes | null;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string } | null;
  readonly user?: string;
  readonly groups?: readonly string[] | null;
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>> | null;
};

export type Authorize = (user: User, action: Action) => Decision;

/** Answers a SelfSubjectAccessReview. @throws KubeStatusError 422 unless it asks exactly one thing */
export function reviewOwnAccess(authorize: Authorize, sender: User, review: KubeObject): KubeObject {
  return answer("SelfSubjectAccessReview", review, [], (spec) => authorize(sender, actionOf(spec)));
}

/** Answers a SubjectAccessReview. @throws KubeStatusError 422 when it names nobody or asks not exactly one thing */
export function reviewAccess(authorize: Authorize, review: KubeObject): KubeObject {
  const errors = subjectErrors(specOf(review));
  return answer("SubjectAccessReview", review, errors, (spec) => authorize(subjectOf(spec), actionOf(spec)));
}

/** Answers a LocalSubjectAccessReview in its namespace. @throws KubeStatusError 422 for another namespace or a path */
export function reviewLocalAccess(authorize: Authorize, namespace: string, review: KubeObject): KubeObject {
  const spec = specOf(review);
  const errors = subjectErrors(spec);
  if (spec.resourceAttributes && spec.resourceAttributes.namespace !== namespace)
    errors.push(
      invalid(
        "spec.resourceAttributes.namespace",
        spec.resourceAttributes.namespace ?? "",
        "must match metadata.namespace",
      ),
    );
  if (spec.nonResourceAttributes)
    errors.push(forbidden("spec.nonResourceAttributes", "disallowed on this kind of request"));
  return answer("LocalSubjectAccessReview", review, errors, (checked) =>
    authorize(subjectOf(checked), actionOf(checked)),
  );
}

/** Answers a SelfSubjectRulesReview for one namespace. @throws KubeStatusError 400 without one */
export function reviewOwnRules(
  rulesFor: (user: User, namespace: string) => { rules: readonly PolicyRule[]; errors: readonly string[] },
  sender: User,
  review: KubeObject,
): KubeObject {
  const { namespace = "" } = (review["spec"] ?? {}) as { namespace?: string };
  if (namespace === "") throw badRequest("no namespace on request");
  const { rules, errors } = rulesFor(sender, namespace);
  const resourceRules = rules
    .filter((rule) => rule.nonResourceURLs === undefined || rule.nonResourceURLs.length === 0)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      ...(apiGroups?.length ? { apiGroups } : {}),
      ...(resources?.length ? { resources } : {}),
      ...(resourceNames?.length ? { resourceNames } : {}),
    }));
  const nonResourceRules = rules
    .filter((rule) => rule.nonResourceURLs?.length)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return {
    kind: "SelfSubjectRulesReview",
    apiVersion: `${GROUP}/v1`,
    metadata: {},
    // The request's spec is not echoed.
    spec: {},
    status: {
      resourceRules,
      nonResourceRules,
      incomplete: errors.length > 0,
      ...(errors.length > 0 ? { evaluationError: errors.join(", ") } : {}),
    },
  };
}

/** Answers a SelfSubjectReview (`kubectl auth whoami`). @param now RFC 3339 */
export function reviewSelf(sender: User, now: string): KubeObject {
  return {
    kind: "SelfSubjectReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { creationTimestamp: now },
    status: { userInfo: userInfo(sender) },
  };
}

function answer(
  kind: string,
  review: KubeObject,
  subject: readonly FieldError[],
  decide: (spec: Spec) => Decision,
): KubeObject {
  const spec = specOf(review);
  const errors = [...questionErrors(spec), ...subject];
  if (errors.length > 0) throw invalidObject({ group: GROUP, kind, name: review.metadata?.name ?? "" }, errors);
  const { allowed, reason } = decide(spec);
  return {
    ...review,
    kind,
    apiVersion: `${GROUP}/v1`,
    metadata: review.metadata ?? {},
    status: { allowed, ...(reason === "" ? {} : { reason }) },
  };
}

function specOf(review: KubeObject): Spec {
  return (review["spec"] ?? {}) as Spec;
}

function questionErrors({ resourceAttributes, nonResourceAttributes }: Spec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalid(
        "spec.nonResourceAttributes",
        nonResourceAttributes,
        "cannot be specified in combination with resourceAttributes",
      ),
    ];
  if (!resourceAttributes && !nonResourceAttributes)
    return [
      invalid(
        "spec.resourceAttributes",
        null,
        "exactly one of nonResourceAttributes or resourceAttributes must be specified",
      ),
    ];
  return [];
}

function subjectErrors({ groups, user }: Spec): FieldError[] {
  return user || groups?.length ? [] : [invalid("spec.user", "", "at least one of user or group must be specified")];
}

function subjectOf({ extra, groups, uid, user }: Spec): User {
  return { name: user ?? "", groups: groups ?? [], ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function actionOf({ nonResourceAttributes, resourceAttributes }: Spec): Action {
  if (!resourceAttributes)
    return { kind: "path", verb: nonResourceAttributes?.verb ?? "", path: nonResourceAttributes?.path ?? "" };
  const { group = "", name, namespace, resource = "", subresource, verb = "" } = resourceAttributes;
  return {
    kind: "resource",
    verb,
    group,
    resource,
    ...(subresource ? { subresource } : {}),
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
  };
}

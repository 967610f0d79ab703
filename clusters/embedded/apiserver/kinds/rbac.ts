import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, invalid, notSupported, required } from "../validation/field-error.ts";
import type { Kind } from "./kind.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Ref = { apiGroup?: string; kind?: string; name?: string };
type Subject = Ref & { namespace?: string };
type Rule = { verbs?: string[]; apiGroups?: string[]; resources?: string[]; nonResourceURLs?: string[] };

const GROUP = "rbac.authorization.k8s.io";

function ruleErrors(rule: Rule, at: string, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!rule.verbs?.length) errors.push(required(`${at}.verbs`, "verbs must contain at least one value"));
  if (rule.nonResourceURLs?.length) {
    if (isNamespaced)
      errors.push(
        invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"),
      );
    if (rule.apiGroups?.length || rule.resources?.length)
      errors.push(
        invalid(
          `${at}.nonResourceURLs`,
          rule.nonResourceURLs,
          "rules cannot apply to both regular resources and non-resource URLs",
        ),
      );
    return errors;
  }
  if (!rule.apiGroups?.length)
    errors.push(required(`${at}.apiGroups`, "resource rules must supply at least one api group"));
  if (!rule.resources?.length)
    errors.push(required(`${at}.resources`, "resource rules must supply at least one resource"));
  return errors;
}

function roleErrors(isNamespaced: boolean) {
  return (object: KubeObject): FieldError[] =>
    ((object["rules"] ?? []) as Rule[]).flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, isNamespaced));
}

function defaultBinding(object: KubeObject): void {
  const ref = (object["roleRef"] ?? {}) as Ref;
  if (!ref.apiGroup) ref.apiGroup = GROUP;
  object["roleRef"] = ref;
  for (const subject of (object["subjects"] ?? []) as Subject[])
    if (!subject.apiGroup && (subject.kind === "User" || subject.kind === "Group")) subject.apiGroup = GROUP;
}

function subjectErrors(subject: Subject, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!subject.name) errors.push(required(`${at}.name`));
  switch (subject.kind) {
    case "ServiceAccount":
      if (subject.apiGroup) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [""]));
      if (!subject.namespace) errors.push(required(`${at}.namespace`));
      break;
    case "User":
    case "Group":
      if (subject.apiGroup !== GROUP) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup ?? "", [GROUP]));
      break;
    default:
      errors.push(notSupported(`${at}.kind`, subject.kind ?? "", ["Group", "ServiceAccount", "User"]));
  }
  return errors;
}

function bindingErrors(kinds: readonly string[]) {
  return (object: KubeObject, old: KubeObject | undefined): FieldError[] => {
    const ref = (object["roleRef"] ?? {}) as Ref;
    const errors: FieldError[] = [];
    if (ref.apiGroup !== GROUP) errors.push(notSupported("roleRef.apiGroup", ref.apiGroup ?? "", [GROUP]));
    if (!kinds.includes(ref.kind ?? "")) errors.push(notSupported("roleRef.kind", ref.kind ?? "", kinds));
    if (!ref.name) errors.push(required("roleRef.name"));
    for (const [index, subject] of ((object["subjects"] ?? []) as Subject[]).entries())
      errors.push(...subjectErrors(subject, `subjects[${index}]`));
    const before = (old?.["roleRef"] ?? ref) as Ref;
    if (before.name !== ref.name || before.kind !== ref.kind || before.apiGroup !== ref.apiGroup) {
      // Shown as the internal type's fields, which have no JSON names.
      const shown = { APIGroup: ref.apiGroup, Kind: ref.kind, Name: ref.name };
      errors.push(invalid("roleRef", shown, "cannot change roleRef"));
    }
    return errors;
  };
}

/** In the order of discovery. */
export const rbacKinds: readonly Definition[] = [
  {
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    namespaced: false,
    defaults: defaultBinding,
    validate: bindingErrors(["ClusterRole"]),
  },
  { kind: "ClusterRole", plural: "clusterroles", namespaced: false, validate: roleErrors(false) },
  {
    kind: "RoleBinding",
    plural: "rolebindings",
    defaults: defaultBinding,
    validate: bindingErrors(["Role", "ClusterRole"]),
  },
  { kind: "Role", plural: "roles", validate: roleErrors(true) },
].map((definition) => ({ names: "path", createsOnUpdate: true, ...definition }));

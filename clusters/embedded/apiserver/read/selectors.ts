import { type Requirement, selects } from "../../../../kube/label-selector.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import type { Kind } from "../kinds/kind.ts";
import type { Trigger } from "../store/listeners.ts";
import { badRequest } from "../validation/field-error.ts";

export type Matcher = (object: KubeObject) => boolean;

const KEY = "(?:[A-Za-z0-9][A-Za-z0-9.-]*/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?";
const REQUIREMENT = new RegExp(
  `^(?:(!)\\s*(${KEY})|(${KEY})\\s*(?:(==|=|!=)\\s*([A-Za-z0-9_.-]*)|(in|notin)\\s*\\(([^)]*)\\))?)$`,
);

/**
 * A label selector: `a=b,c!=d,e in (f,g),h,!i`.
 * @throws KubeStatusError 400 for one that cannot be read
 */
export function labelMatcher(selector: string): Matcher | undefined {
  if (selector.trim() === "") return undefined;
  const matchExpressions = splitTop(selector).map((part): Requirement => {
    const match = REQUIREMENT.exec(part.trim());
    if (match === null) throw badRequest(`unable to parse requirement: ${faultOf(part.trim())}`);
    const [, not, missing = "", key = "", operator, value = "", set, list = ""] = match;
    if (not !== undefined) return { key: missing, operator: "DoesNotExist" };
    if (set !== undefined) {
      const values = list.split(",").map((item) => item.trim());
      return { key, operator: set === "in" ? "In" : "NotIn", values };
    }
    if (operator === undefined) return { key, operator: "Exists" };
    return { key, operator: operator === "!=" ? "NotIn" : "In", values: [value] };
  });
  return ({ metadata }) => selects({ matchExpressions }, metadata.labels);
}

/** After a key a real server names what it found in place of an operator. */
function faultOf(requirement: string): string {
  const [, found] = new RegExp(`^${KEY}\\s+([A-Za-z0-9_./-]+)`).exec(requirement) ?? [];
  return found === undefined
    ? `found '${requirement}', expected: a label selector requirement`
    : `found '${found}', expected: in, notin, =, ==, !=, gt, lt`;
}

/** Commas outside of parentheses part requirements. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")") depth--;
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/**
 * A field selector: `metadata.name=a,status.phase!=Failed`, over the fields that the kind allows.
 * @throws KubeStatusError 400 for a field it does not
 */
export function fieldMatcher(selector: string, kind: Kind): Matcher | undefined {
  if (selector.trim() === "") return undefined;
  const requirements = fieldRequirements(selector, kind).map(
    ({ isNot, read, value }): Matcher =>
      isNot ? (object) => read(object) !== value : (object) => read(object) === value,
  );
  return (object) => requirements.every((holds) => holds(object));
}

type FieldRequirement = Trigger & { readonly isNot: boolean };

function fieldRequirements(selector: string, kind: Kind): FieldRequirement[] {
  return selector
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const match = /^\s*([^=!\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part);
      if (match === null)
        throw badRequest(`invalid field selector: ${selector}: "${part}"; can't understand '${part}'`);
      const [, field = "", operator, raw = ""] = match;
      return {
        field,
        value: raw.replace(/\\([\\,=])/g, "$1"),
        read: readerOf(field, kind),
        isNot: operator === "!=",
      };
    });
}

/**
 * What of a selection tells at once that a change does not concern it: a name, another field's value, the namespace.
 * Undefined when nothing does, and for kinds whose objects are stored as another's.
 */
export function triggerOf(kind: Kind, namespace: string, fields: string | null): Trigger | undefined {
  if (kind.storedAs !== undefined) return undefined;
  const equal = fieldRequirements(fields ?? "", kind).filter(({ isNot }) => !isNot);
  const best = equal.find(({ field }) => field === "metadata.name") ?? equal[0];
  if (best !== undefined || !kind.namespaced || namespace === "") return best;
  const field = "metadata.namespace";
  return { field, value: namespace, read: readerOf(field, kind) };
}

function readerOf(field: string, kind: Kind): (object: KubeObject) => string {
  if (field === "metadata.name") return ({ metadata }) => metadata.name ?? "";
  if (field === "metadata.namespace") return ({ metadata }) => metadata.namespace ?? "";
  const read = kind.selectable?.[field];
  if (read !== undefined) return read;
  const text =
    kind.isCustom === true || kind.group !== ""
      ? `field label not supported: ${field}`
      : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
  // Kinds with selectable fields of their own name the field in their own words.
  throw badRequest(kind.selectable !== undefined ? `field label not supported: ${field}` : text);
}

/** Both selectors as one; undefined when everything matches. */
export function selection(kind: Kind, labels: string | null, fields: string | null): Matcher | undefined {
  const byLabel = labelMatcher(labels ?? "");
  const byField = fieldMatcher(fields ?? "", kind);
  if (byLabel === undefined) return byField;
  if (byField === undefined) return byLabel;
  return (object) => byLabel(object) && byField(object);
}

/**
 * A set of field paths in the form of FieldsV1, which is a tree already: `{"f:spec":{"f:replicas":{}}}`. A node
 * without children is a member; one with children is a member when it holds `"."`.
 * Sets are never changed in place, so parts of one may stand in another.
 */
export type FieldSet = { readonly [element: string]: FieldSet };

export const EMPTY: FieldSet = Object.freeze({});
const SELF = ".";

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the node itself is in the set, not only something below it. */
export function isMember(node: FieldSet | undefined): boolean {
  return node !== undefined && (SELF in node || isEmpty(node));
}

/** What is below a node, without the node itself. */
export function below(node: FieldSet | undefined): FieldSet {
  if (node === undefined) return EMPTY;
  if (!(SELF in node)) return node;
  const { [SELF]: _self, ...rest } = node;
  return rest;
}

/** A node of the tree; undefined when neither it nor anything below it is in the set. */
export function nodeOf(member: boolean, children: FieldSet): FieldSet | undefined {
  if (isEmpty(children)) return member ? EMPTY : undefined;
  return member ? { [SELF]: EMPTY, ...children } : children;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  const result: Record<string, FieldSet> = { ...a };
  for (const [element, node] of Object.entries(b)) {
    if (element === SELF) continue;
    const known = a[element];
    result[element] = known === undefined ? node : joined(known, node);
  }
  return result;
}

function joined(a: FieldSet, b: FieldSet): FieldSet {
  return nodeOf(isMember(a) || isMember(b), union(below(a), below(b))) ?? EMPTY;
}

/** Members of `a` that are no members of `b`; what is below a member of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b) || isEmpty(a)) return a;
  return combined(a, (element, node) => {
    const other = b[element];
    if (other === undefined) return node;
    return nodeOf(isMember(node) && !isMember(other), difference(below(node), below(other)));
  });
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return EMPTY;
  return combined(a, (element, node) => {
    const other = b[element];
    if (other === undefined) return undefined;
    return nodeOf(isMember(node) && isMember(other), intersection(below(node), below(other)));
  });
}

function combined(set: FieldSet, pick: (element: string, node: FieldSet) => FieldSet | undefined): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(set)) {
    if (element === SELF) continue;
    const kept = pick(element, node);
    if (kept !== undefined) result[element] = kept;
  }
  return result;
}

/** The paths of all members, as error texts name them: `.spec.containers[name="c"].image`. */
export function pathsOf(set: FieldSet, path = ""): string[] {
  return Object.keys(set)
    .filter((element) => element !== SELF)
    .sort()
    .flatMap((element) => {
      const node = set[element];
      const at = path + elementText(element);
      return [...(isMember(node) ? [at] : []), ...pathsOf(below(node), at)];
    });
}

function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("v:")) return `[=${rest}]`;
  if (element.startsWith("i:")) return `[${rest}]`;
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
}

/** Go writes the elements of a set in one order; so does this. */
export function sortedSet(set: FieldSet): FieldSet {
  const keys = Object.keys(set);
  if (keys.length === 0) return EMPTY;
  return Object.fromEntries(keys.sort().map((key) => [key, sortedSet(set[key] as FieldSet)]));
}

import { parse } from "yaml";

/** A label selector as the role holds it, JSON or YAML. `matchExpressions` are not taken, as in the real method. */
export function parseSelector(text: string): ReadonlyMap<string, string> {
  const selector: unknown = parse(text);
  if (typeof selector !== "object" || selector === null || Array.isArray(selector))
    throw new Error("the selector is not an object");
  const { matchLabels = {}, matchExpressions } = selector as { matchLabels?: unknown; matchExpressions?: unknown };
  if (matchExpressions !== undefined) throw new Error("label selector match expressions are not supported");
  if (typeof matchLabels !== "object" || matchLabels === null) throw new Error("matchLabels is not an object");
  return new Map(Object.entries(matchLabels).map(([name, value]) => [name, String(value)]));
}

/** Whether a namespace carries every label that is asked for. */
export function selects(selector: ReadonlyMap<string, string>, labels: Readonly<Record<string, string>>): boolean {
  for (const [name, value] of selector) if (labels[name] !== value) return false;
  return true;
}

import type { KubeObject } from "../../../../../kube/types.ts";
import type { Column } from "../kind.ts";

export type Loose = Record<string, unknown>;
export type Columns = Readonly<Record<string, readonly Column[]>>;

export const at = (object: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value === undefined || value === null ? undefined : (value as Loose)[key]),
    object,
  );
export const list = (object: unknown, ...path: string[]): Loose[] => (at(object, ...path) ?? []) as Loose[];
export const count = (object: unknown, ...path: string[]): number => Number(at(object, ...path) ?? 0);
export const size = (object: unknown, ...path: string[]): number =>
  Object.keys((at(object, ...path) ?? {}) as Loose).length;
export const text = (value: unknown, otherwise = ""): string =>
  value === undefined || value === null || value === "" ? otherwise : String(value);
export const NONE = "<none>";

export const column = (
  name: string,
  type: Column["type"],
  value: (object: KubeObject, now: number) => string | number | boolean,
  priority = 0,
): Column => ({ name, type, value, priority });
/** Shown by `-o wide` alone. */
export const wide = (name: string, value: (object: KubeObject, now: number) => string | number): Column =>
  column(name, "string", value, 1);

export const NAME: Column = {
  name: "Name",
  type: "string",
  format: "name",
  value: ({ metadata }) => metadata.name ?? "",
};
export const AGE: Column = column("Age", "string", ({ metadata }, now) => age(metadata.creationTimestamp, now));
export const CREATED_AT: Column = column("Created At", "string", ({ metadata }) => metadata.creationTimestamp ?? "");

/** `a=b,c=d`, as label selectors are shown. */
export function selectorText(selector: unknown, otherwise = NONE): string {
  const { matchExpressions, matchLabels } = (selector ?? {}) as {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator: string; values?: string[] }[];
  };
  const parts = Object.entries(matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of matchExpressions ?? [])
    parts.push(
      operator === "Exists"
        ? key
        : operator === "DoesNotExist"
          ? `!${key}`
          : `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`,
    );
  return parts.join(",") || otherwise;
}

export function labelText(labels: unknown): string {
  return selectorText({ matchLabels: labels });
}

/** Names and images of a template's containers. */
export function containerColumns(...path: string[]): Column[] {
  const of = (object: KubeObject, field: string): string =>
    list(object, ...path, "containers")
      .map((container) => text(container[field]))
      .join(",");
  return [wide("Containers", (object) => of(object, "name")), wide("Images", (object) => of(object, "image"))];
}

/** Go's duration.HumanDuration: two units at most, fewer as time goes by. */
export function age(since: string | undefined, now: number): string {
  if (since === undefined) return "<unknown>";
  return humanDuration(Math.max(0, Math.floor((now - Date.parse(since)) / 1000)));
}

export function humanDuration(seconds: number): string {
  const two = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return two(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, "y", days % 365, "d") : `${years}y`;
}

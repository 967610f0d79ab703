import type { Exchange } from "./recording.ts";

type Loose = Record<string, unknown>;

export type Comparison = {
  /** `14 PATCH /apis/…: …` when status, reason or causes differ. */
  readonly refusal: string | undefined;
  /** Fields of the recorded body, and how many of them are the same here. */
  readonly fields: number;
  readonly same: number;
  readonly differences: readonly string[];
};

/** Values that every run draws anew. */
export function normalised(text: string): string {
  return text
    .replace(/<(uid|rv|time|jwt)(:\d+)?>/g, "<$1>")
    .replace(/eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/g, "<jwt>")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, "<time>")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uid>")
    .replace(
      /(-[bcdfghjklmnpqrstvwxz2456789]{8,10}|-\d{8})?(-[bcdfghjklmnpqrstvwxz2456789]{5}|-[bcdf-z2456789]{8,10}|-\d{8})\b/g,
      "-<gen>",
    )
    .replace(/\.[0-9a-f]{16}$/, ".<event>")
    .replace(/^\d+[smhd]$/, "<age>")
    .replace(/\b10\.\d+\.\d+\.\d+\b/g, "<service IP>")
    .replace(/https:\/\/127\.0\.0\.1:\d+|127\.0\.0\.1:\d+/g, "<server>")
    .replace(/current: \d+/, "current: <rv>")
    .replace(/(resourceVersion[\\]*":[\\]*")\d+/g, "$1<rv>");
}

/** What tells an element of a list apart, so that two lists in another order are still compared element by element. */
function identityOf(item: unknown, index: number): string {
  if (typeof item !== "object" || item === null) return String(index);
  const { manager, metadata, name, object, operation, subresource, type } = item as Loose & {
    metadata?: Loose;
    object?: { metadata?: Loose };
  };
  if (manager !== undefined) return `${manager}/${operation}/${subresource ?? ""}`;
  const named = name ?? metadata?.["name"] ?? object?.metadata?.["name"] ?? type;
  return typeof named === "string" ? normalised(named) : String(index);
}

/** Every leaf by its path, with what a run draws anew taken out. */
export function flatten(value: unknown, path: string, into: Map<string, unknown>): void {
  if (Array.isArray(value)) {
    if (value.length === 0) into.set(path, "[]");
    for (const [index, item] of value.entries()) flatten(item, `${path}[${identityOf(item, index)}]`, into);
  } else if (typeof value === "object" && value !== null) {
    if (Object.keys(value).length === 0) into.set(path, "{}");
    for (const [key, inner] of Object.entries(value)) flatten(inner, `${path}.${normalised(key)}`, into);
  } else if (path.endsWith(".resourceVersion")) into.set(path, value ? "<rv>" : value);
  else into.set(path, typeof value === "string" ? normalised(value) : value);
}

/** Status, reason and causes as one text. */
export function refusalOf(status: number, body: unknown): string {
  const { details, kind, reason } = (body ?? {}) as {
    kind?: string;
    reason?: string;
    details?: { causes?: { reason?: string; field?: string; message?: string }[] };
  };
  if (kind !== "Status") return String(status);
  const causes = (details?.causes ?? []).map(
    (cause) => `${cause.reason} ${cause.field}: ${normalised(cause.message ?? "")}`,
  );
  // Causes of one object come in the order of a Go map.
  return JSON.stringify([status, reason, causes.sort()]);
}

export function compareAnswers(
  wanted: Exchange,
  wantedBody: unknown,
  got: { readonly status: number; readonly warning: string; readonly body: unknown },
): Comparison {
  const where = `${wanted.step} ${wanted.method} ${wanted.url}`;
  const [want, have] = [refusalOf(wanted.status, wantedBody), refusalOf(got.status, got.body)];
  const warning = wanted.warning ?? "";
  const refusal =
    want !== have
      ? `${where}: ${want} was recorded, got ${have}`
      : normalised(warning) === normalised(got.warning)
        ? undefined
        : `${where}: warning ${warning} was recorded, got ${got.warning}`;
  const recorded = new Map<string, unknown>();
  const own = new Map<string, unknown>();
  flatten(wantedBody, "", recorded);
  flatten(got.body, "", own);
  const differences: string[] = [];
  for (const [path, value] of recorded)
    if (own.get(path) !== value)
      differences.push(`${where}: ${path} ${JSON.stringify(value)} was recorded, got ${JSON.stringify(own.get(path))}`);
  return { refusal, fields: recorded.size, same: recorded.size - differences.length, differences };
}

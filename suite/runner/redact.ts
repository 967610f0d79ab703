import type { Finding } from "../../reports/index.ts";
import type { Guard } from "../guard.ts";

/** What a report holds, without secrets. One that still showed was not stopped on its way, and the run fails for it. */
export function redactedBy<T>(guard: Guard, value: T): { readonly clean: T; readonly findings: readonly Finding[] } {
  const text = JSON.stringify(value);
  const sightings = guard.search(text);
  // What is merely concealed is nobody's failure, and is replaced all the same.
  if (sightings.length === 0 && guard.redact(text) === text) return { clean: value, findings: [] };
  const shown = [...new Set(sightings.map(({ label, form }) => `${label} (${form})`))];
  return {
    clean: mapTexts(value, (text) => guard.redact(text)) as T,
    findings: shown.map((what) => ({ kind: "secret-shown", message: `${what} showed in the report`, fails: true })),
  };
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]));
}

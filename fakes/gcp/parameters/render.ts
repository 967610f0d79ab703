import { precondition } from "../status.ts";

/** `__REF__(//secretmanager.googleapis.com/projects/…/versions/…)`, with or without quotes inside. */
const REFERENCE = /__REF__\(\s*["']?\/\/secretmanager\.googleapis\.com\/([^"')\s]+)["']?\s*\)/g;

/**
 * Puts the secrets that a parameter refers to in their places. In JSON a value is escaped as its string needs it.
 * @param read gives a secret version's bytes, or throws as the parameter's own call would fail
 * @throws GrpcError FAILED_PRECONDITION for a result that is no JSON where JSON was promised
 */
export function renderParameter(
  data: Uint8Array,
  format: "JSON" | "YAML" | "UNFORMATTED",
  read: (name: string) => Uint8Array,
): Uint8Array {
  const text = Buffer.from(data).toString("utf8");
  if (format === "UNFORMATTED" || !text.includes("__REF__")) return data;
  const rendered = text.replace(REFERENCE, (_, name: string) => {
    const value = Buffer.from(read(name)).toString("utf8");
    return format === "JSON" ? JSON.stringify(value).slice(1, -1) : value;
  });
  if (format === "JSON")
    try {
      JSON.parse(rendered);
    } catch {
      throw precondition("The rendered payload is not valid JSON.");
    }
  return Buffer.from(rendered);
}

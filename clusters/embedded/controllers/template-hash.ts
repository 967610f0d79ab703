import { createHash } from "node:crypto";

/** The alphabet of generated names: no vowels, no look-alikes. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** A short, stable name for a template: equal templates have equal hashes, whatever the order of their keys. */
export function hashOf(value: unknown): string {
  const digest = createHash("sha256").update(canonical(value)).digest();
  return Array.from({ length: 10 }, (_, index) => ALPHABET[(digest[index] ?? 0) % ALPHABET.length]).join("");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object")
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${key}:${canonical(item)}`)
      .join(",")}}`;
  return JSON.stringify(value) ?? "null";
}

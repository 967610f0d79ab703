import type { VaultItem } from "./key-vault.ts";

/**
 * Which versions a history of `count` asks for: enabled ones, newest first, from `from` on. The real provider takes
 * one more than its documentation says; whoever syncs `name/0` … by index relies on it by now.
 */
export function latestVersions(items: readonly VaultItem[], count: number, from: string): string[] {
  const newestFirst = items
    .flatMap((item) => {
      const id = item.id ?? item.kid;
      if (id === undefined || item.attributes === undefined || item.attributes.enabled === false) return [];
      return [{ version: id.split("/").at(-1) ?? "", created: item.attributes.created ?? 0 }];
    })
    .sort((a, b) => b.created - a.created)
    .map(({ version }) => version);
  if (from === "" || from === "latest") return newestFirst.slice(0, count + 1);
  const start = newestFirst.indexOf(from);
  return start < 0 ? [] : newestFirst.slice(start, start + count + 1);
}

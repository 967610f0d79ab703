import type { Entity } from "../identity/entities.ts";

/** Whether a path has a template in it. */
export function isTemplated(path: string): boolean {
  return path.includes("{{");
}

/**
 * Fills in `{{identity.entity…}}` and `{{identity.groups…}}`.
 * @returns undefined where the token has no entity or the value is empty: such a path grants nothing
 */
export function fillTemplate(path: string, entity: Entity | undefined): string | undefined {
  let missing = false;
  const filled = path.replace(/\{\{\s*([^}\s]+)\s*\}\}/g, (_, expression: string) => {
    const value = entity === undefined ? undefined : lookUp(expression, entity);
    if (value === undefined || value === "") missing = true;
    return value ?? "";
  });
  return missing ? undefined : filled;
}

function lookUp(expression: string, entity: Entity): string | undefined {
  const parts = expression.split(".");
  if (parts[0] !== "identity" || parts[1] !== "entity") return undefined;
  const [, , field, key, of, ...rest] = parts;
  if (field === "id" && parts.length === 3) return entity.id;
  if (field === "name" && parts.length === 3) return entity.name;
  if (field === "metadata" && key !== undefined) return entity.metadata[parts.slice(3).join(".")];
  if (field !== "aliases" || key === undefined) return undefined;
  const alias = entity.aliases.find((candidate) => candidate.mountAccessor === key);
  if (alias === undefined) return undefined;
  if (of === "id") return alias.id;
  if (of === "name") return alias.name;
  if (of === "metadata" || of === "custom_metadata") return alias.metadata[rest.join(".")];
  return undefined;
}

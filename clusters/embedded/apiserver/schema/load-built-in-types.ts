import type { BuiltInTypes } from "./built-in-types.ts";

/** The types of Kubernetes' own kinds, loaded by the first who needs them. */
export async function loadBuiltInTypes(): Promise<BuiltInTypes> {
  return (await import("./loaded-types.ts")).BUILT_IN_TYPES;
}

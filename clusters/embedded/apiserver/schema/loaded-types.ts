import { loadMessageTable } from "../../../../wire/kubeproto/index.ts";
import { BuiltInTypes } from "./built-in-types.ts";

/**
 * The types of Kubernetes' own kinds, read once a process: they are the same for every server, and each struct is read
 * when it is first asked for. Imported at the first write alone.
 */
export const BUILT_IN_TYPES = new BuiltInTypes(await loadMessageTable());

import { goJsonError, goTokenOf } from "../../../../core/go/index.ts";
import { messageOf } from "../../../../core/index.ts";
import type { KubeStatusError } from "../../../../kube/client.ts";
import { isTooDeep } from "../requests/body.ts";
import { duplicateFields } from "../requests/duplicates.ts";
import { badRequest } from "../validation/field-error.ts";
import { operationNotes } from "./json-patch.ts";
import { isMap, type Json } from "./merge.ts";

/** Which of the patches that are JSON; an apply is YAML, and read as an object. */
export type PatchForm = "json" | "merge" | "strategic";

/** A patch, and what its sender may want to know: fields that an operation does not have, or that stand twice. */
export type SentPatch = { readonly patch: Json; readonly notes: readonly string[] };

/** A merge patch that the library takes for none; it does not say why. */
const BAD_MERGE_PATCH = "Invalid JSON Patch";

/**
 * Reads a patch in a real server's two passes (k8s.io/apiserver, jsonPatcher and smpPatcher): a strict one that notes
 * what is odd, unless the client asked to let that be, then that of the library which obeys the patch.
 *
 * @param isStrict false with `fieldValidation=Ignore`
 * @throws KubeStatusError 400 for a text that is no JSON, or no patch of the form
 */
export function readPatch(form: PatchForm, text: string, isStrict: boolean): SentPatch {
  const prefix = isStrict && form !== "strategic" ? "error decoding patch: " : "";
  const refused = (why: string): KubeStatusError =>
    badRequest(form === "merge" && !isStrict ? BAD_MERGE_PATCH : `${prefix}${why}`);
  const patch = parsed(text, refused);
  if (form === "json") return { patch, notes: isStrict ? operationNotes(patch, duplicateFields(text, patch)) : [] };
  if (patch === null && form === "strategic") return { patch: {}, notes: [] };
  // Who did not ask to be told may put a list in the place of the object, which then is none.
  if (form === "merge" && patch === null) throw badRequest(BAD_MERGE_PATCH);
  if (form === "merge" && Array.isArray(patch) && !isStrict) return { patch, notes: [] };
  if (!isMap(patch))
    throw refused(`json: cannot unmarshal ${goTokenOf(patch)} into Go value of type map[string]interface {}`);
  const duplicates = isStrict ? duplicateFields(text, patch) : [];
  return { patch, notes: duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`) };
}

function parsed(text: string, refused: (why: string) => KubeStatusError): Json {
  if (isTooDeep(text)) throw refused("exceeded max depth");
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw refused(goJsonError(text) ?? messageOf(error));
  }
}

import type { KubeObject } from "../../../../kube/types.ts";
import { prune } from "../crd/prune.ts";
import type { Loose, Schema } from "../crd/types.ts";
import type { ApiRequest } from "../pipeline.ts";
import { isTrue } from "../requests/info.ts";
import { type FieldError, invalid, invalidObject, notSupported } from "../validation/field-error.ts";

/** What a write asks for besides its object. */
export type WriteOptions = {
  readonly dryRun: boolean;
  readonly fieldValidation: "Ignore" | "Warn" | "Strict";
  /** Undefined when the client names none. */
  readonly fieldManager: string | undefined;
  /** Take fields from other managers; for apply alone. */
  readonly force: boolean;
};

const LONGEST_MANAGER = 128;

/** @throws KubeStatusError 422 for a value that is none of the option's */
export function writeOptions({ exchange }: Pick<ApiRequest, "exchange">, options: string): WriteOptions {
  const { query } = exchange;
  const of = { group: "meta.k8s.io", kind: options, name: "" };
  const errors: FieldError[] = [];
  const dryRuns = query.getAll("dryRun").filter((value) => value !== "");
  if (dryRuns.some((value) => value !== "All")) errors.push(notSupported("dryRun", dryRuns, ["All"]));
  const fieldValidation = query.get("fieldValidation") || "Warn";
  const isKnown = fieldValidation === "Ignore" || fieldValidation === "Warn" || fieldValidation === "Strict";
  if (!isKnown) errors.push(notSupported("fieldValidation", fieldValidation, ["", "Ignore", "Strict", "Warn"]));
  const fieldManager = query.get("fieldManager") || undefined;
  if (fieldManager !== undefined && Buffer.byteLength(fieldManager) > LONGEST_MANAGER)
    errors.push({ type: "tooLong", field: "fieldManager", detail: `may not be more than ${LONGEST_MANAGER} bytes` });
  else if (fieldManager !== undefined && /[^\P{C}]/u.test(fieldManager))
    errors.push(invalid("fieldManager", fieldManager, "should only contain printable characters"));
  if (errors.length > 0) throw invalidObject(of, errors);
  return {
    dryRun: dryRuns.length > 0,
    fieldValidation: isKnown ? fieldValidation : "Warn",
    fieldManager,
    force: isTrue(query.get("force")),
  };
}

/** Takes fields out, in place, that a CustomResource's schema does not name. @returns their paths */
export function pruneUnknown(object: KubeObject, schema: Schema): string[] {
  return prune(object as Loose, schema);
}

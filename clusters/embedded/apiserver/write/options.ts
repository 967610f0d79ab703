import type { KubeObject } from "../../../../kube/types.ts";
import { prune } from "../crd/prune.ts";
import type { Loose, Schema } from "../crd/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import type { ApiRequest } from "../pipeline.ts";
import { badRequest, invalidObject, notSupported } from "../validation/field-error.ts";

/** What a write asks for besides its object. */
export type WriteOptions = {
  readonly dryRun: boolean;
  readonly fieldValidation: "Ignore" | "Warn" | "Strict";
};

/** @throws KubeStatusError 422 for a value that is none of the option's */
export function writeOptions({ exchange }: Pick<ApiRequest, "exchange">, options: string): WriteOptions {
  const { query } = exchange;
  const of = { group: "meta.k8s.io", kind: options, name: "" };
  const dryRuns = query.getAll("dryRun").filter((value) => value !== "");
  if (dryRuns.some((value) => value !== "All")) throw invalidObject(of, [notSupported("dryRun", dryRuns, ["All"])]);
  const fieldValidation = query.get("fieldValidation") || "Warn";
  if (fieldValidation !== "Ignore" && fieldValidation !== "Warn" && fieldValidation !== "Strict")
    throw invalidObject(of, [notSupported("fieldValidation", fieldValidation, ["", "Ignore", "Strict", "Warn"])]);
  return { dryRun: dryRuns.length > 0, fieldValidation };
}

/**
 * Takes fields out that the kind does not have, as far as a schema of it is known, and tells of them as asked.
 * @throws KubeStatusError 400 in strict mode
 */
export function pruneUnknown(
  kind: Kind,
  schema: Schema | undefined,
  object: KubeObject,
  options: WriteOptions,
  warnings: string[],
): void {
  if (schema === undefined) return;
  const unknown = prune(object as Loose, schema).map((path) => `unknown field ${JSON.stringify(path)}`);
  if (unknown.length === 0 || options.fieldValidation === "Ignore") return;
  if (options.fieldValidation === "Warn") {
    warnings.push(...unknown);
    return;
  }
  throw badRequest(
    `${kind.kind} in version ${JSON.stringify(apiVersionOf(kind).split("/").at(-1))} cannot be handled as a ${kind.kind}: strict decoding error: ${unknown.join(", ")}`,
  );
}

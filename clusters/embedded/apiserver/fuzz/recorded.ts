import type { KubeObject } from "../../../../kube/types.ts";
import { flatten, normalised, refusalOf } from "../replay/compare.ts";
import type { Answer } from "./play.ts";

/** What a real server answered to a step of a seed. */
export type RecordedAnswer = Answer & { readonly seed: number; readonly at: number };

/** Status, reason, causes, warnings and every field: what one answer has otherwise than the other. */
export function differencesOf(wanted: Answer, got: Answer): string[] {
  const differences: string[] = [];
  const [want, have] = [refusalOf(wanted.status, wanted.body), refusalOf(got.status, got.body)];
  if (want !== have) differences.push(`answer: wanted ${want}, got ${have}`);
  if (normalised(wanted.warning) !== normalised(got.warning))
    differences.push(`warning: wanted ${wanted.warning}, got ${got.warning}`);
  if (wanted.status >= 400 || got.status >= 400) return differences;
  const [a, b] = [fieldsOf(wanted.body), fieldsOf(got.body)];
  for (const path of new Set([...a.keys(), ...b.keys()]))
    if (a.get(path) !== b.get(path))
      differences.push(`${path}: wanted ${JSON.stringify(a.get(path))}, got ${JSON.stringify(b.get(path))}`);
  return differences;
}

function fieldsOf(object: KubeObject): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  flatten(object, "", fields);
  return fields;
}

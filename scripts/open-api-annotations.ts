/**
 * Writes clusters/embedded/apiserver/schema/gen/annotations.ts: what OpenAPI says of a Kubernetes type beyond the
 * fields of its Go struct (which stand in wire/kubeproto/gen/table.ts): defaults, enums, required fields, list types,
 * merge keys, unions. Of each type only the difference is written.
 *
 * usage: node scripts/open-api-annotations.ts [facts folder]
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { openApiName, propertyOf } from "../clusters/embedded/apiserver/schema/property.ts";
import { type FieldRow, loadMessageTable } from "../wire/kubeproto/index.ts";
import { AUTOSCALING_V2_ANNOTATIONS } from "./autoscaling-v2.ts";

type Loose = Record<string, unknown>;
type Type = Loose & { properties?: Record<string, Loose>; required?: string[] };

const root = join(import.meta.dirname, "..");
const facts = process.argv[2] ?? process.env["MOUNTPROOF_FACTS"] ?? join(root, "../shared/facts");
const folder = join(facts, "kube-openapi");
const types = new Map<string, Type>();
for (const file of readdirSync(folder)) {
  if (file.includes("secrets-store")) continue;
  const { schemas = {} } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { schemas?: Record<string, Type> };
  for (const [name, type] of Object.entries(schemas)) types.set(name, type);
}

const table = await loadMessageTable();

function fieldsOf(key: string): FieldRow[] {
  return table.rows(key).inOrder.flatMap((field) => (field.shape === "inline" ? fieldsOf(field.message) : [field]));
}

/** Keywords that differ; null takes one away. */
function difference(base: Loose, wanted: Loose): Loose {
  const found: Loose = {};
  for (const keyword of new Set([...Object.keys(base), ...Object.keys(wanted)]))
    if (!isDeepStrictEqual(base[keyword], wanted[keyword])) found[keyword] = wanted[keyword] ?? null;
  return found;
}

const lines: string[] = [];
for (const key of table.keys().sort()) {
  const type = types.get(openApiName(key));
  if (type === undefined) continue;
  const { properties = {}, required = [], type: _object, "x-kubernetes-group-version-kind": _kinds, ...rest } = type;
  const fields: Loose = {};
  const own = fieldsOf(key);
  for (const field of own) {
    const more = difference(propertyOf(field), properties[field.json] ?? {});
    if (Object.keys(more).length > 0) fields[field.json] = more;
  }
  const assumed = own.filter(({ omitEmpty }) => !omitEmpty).map(({ json }) => json);
  const entry = {
    ...(!isDeepStrictEqual(assumed.sort(), [...required].sort()) && { required }),
    ...(Object.keys(rest).length > 0 && { type: rest }),
    ...(Object.keys(fields).length > 0 && { fields }),
  };
  if (Object.keys(entry).length > 0) lines.push(`  ${JSON.stringify(key)}: ${JSON.stringify(JSON.stringify(entry))},`);
}
for (const [name, entry] of Object.entries(AUTOSCALING_V2_ANNOTATIONS))
  lines.push(`  ${JSON.stringify(`autoscaling/v2.${name}`)}: ${JSON.stringify(JSON.stringify(entry))},`);
writeFileSync(
  join(root, "clusters/embedded/apiserver/schema/gen/annotations.ts"),
  `// Written by scripts/open-api-annotations.ts; do not edit. The format is explained in ../annotations.ts.
export const ANNOTATIONS: Readonly<Record<string, string>> = {
${lines.join("\n")}
};
`,
);
process.stdout.write(`${lines.length} types\n`);

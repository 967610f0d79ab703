/**
 * Writes wire/kubeproto/gen/table.ts: the protobuf field table of the Kubernetes kinds, one short line a message,
 * from the recorded field facts (kube-protobuf-fields.json).
 *
 * usage: node scripts/kubeproto-table.ts [facts folder]
 *
 * What a struct tag says about wire type and repetition is not always what is sent (`PodSpec.tolerations` carries no
 * `rep`, `hostUsers` says `bytes` for a bool), so both are taken from the Go type.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AUTOSCALING_V2 } from "./autoscaling-v2.ts";

type Field = { json: string; n: number; go: string; pointer?: boolean; omitempty?: boolean; inline?: boolean };
type Group = Record<string, Field[]>;

const root = join(import.meta.dirname, "..");
const facts = process.argv[2] ?? process.env["MOUNTPROOF_FACTS"] ?? join(root, "../shared/facts");
const groups: Record<string, Group> = JSON.parse(readFileSync(join(facts, "kube-protobuf-fields.json"), "utf8"));
groups["autoscaling/v2"] = AUTOSCALING_V2;

/** Types with an encoding of their own; the letters are explained in table-format of the generated file. */
const SPECIAL: Record<string, string> = {
  Time: "T",
  MicroTime: "U",
  IntOrString: "I",
  Quantity: "Q",
  RawExtension: "R",
  FieldsV1: "R",
  JSON: "R",
  ExtraValue: "X",
  Verbs: "X",
  JSONSchemaPropsOrBool: "B",
  JSONSchemaPropsOrArray: "A",
  JSONSchemaPropsOrStringArray: "P",
};
const SCALARS: Record<string, string> = {
  string: "s",
  bool: "b",
  int: "l",
  int32: "i",
  int64: "l",
  float64: "d",
  "[]byte": "y",
  "types.UID": "s",
  "types.NodeName": "s",
};
/** Go package aliases used by the API's sources. */
const PACKAGES: Record<string, string> = {
  metav1: "meta/v1",
  v1: "core/v1",
  corev1: "core/v1",
  apiv1: "core/v1",
  intstr: "",
  resource: "",
  runtime: "",
};

function messageOf(group: string, name: string): { group: string; name: string } | undefined {
  return groups[group]?.[name] === undefined ? undefined : { group, name };
}

/** The table's word for a Go type: `[]`, `{}` prefixes, then a letter or `@group/version.Message`. */
function typeWord(group: string, go: string): { word: string; uses?: { group: string; name: string } } {
  const bare = go.startsWith("*") ? go.slice(1) : go;
  const scalar = SCALARS[bare];
  if (scalar !== undefined) return { word: scalar };
  if (bare.startsWith("[]")) return prefixed("[]", typeWord(group, bare.slice(2)));
  const map = /^map\[[\w.]+\](.+)$/.exec(bare);
  if (map?.[1] !== undefined) return prefixed("{}", typeWord(group, map[1]));
  const dot = bare.indexOf(".");
  const home = dot < 0 ? group : PACKAGES[bare.slice(0, dot)];
  const name = bare.slice(dot + 1);
  if (home === undefined) throw new Error(`unknown Go package in ${go}`);
  const special = SPECIAL[name];
  if (special !== undefined) {
    const schema = "BAP".includes(special) ? messageOf(home, "JSONSchemaProps") : undefined;
    return schema === undefined ? { word: special } : { word: special, uses: schema };
  }
  const named = namedTypes(home)[name];
  if (named !== undefined) return typeWord(home, named);
  const message = messageOf(home, name);
  // An empty struct has no fields and so no entry in the facts.
  if (name === "CustomResourceSubresourceStatus") return { word: "@Empty" };
  if (message === undefined) throw new Error(`unknown Go type ${go} in ${group}`);
  return { word: `@${message.group === group ? "" : `${message.group}.`}${name}`, uses: message };
}

function prefixed(prefix: string, inner: ReturnType<typeof typeWord>): ReturnType<typeof typeWord> {
  return { ...inner, word: prefix + inner.word };
}

const lines = new Map<string, string>();

function visit(group: string, name: string): void {
  const key = `${group}.${name}`;
  if (lines.has(key)) return;
  lines.set(key, "");
  const words = [...(groups[group]?.[name] ?? [])]
    .sort((a, b) => a.n - b.n)
    .map((field) => {
      const { word, uses } = typeWord(group, field.go);
      if (uses !== undefined) visit(uses.group, uses.name);
      const flags = field.inline ? "." : `${field.go.startsWith("*") ? "*" : ""}${field.omitempty ? "?" : ""}`;
      return `${field.json} ${field.n} ${flags}${word}`;
    });
  lines.set(key, words.join(";"));
}

/** Named slices, maps and strings of a group: name to underlying Go type. */
function namedTypes(group: string): Record<string, string> {
  return (groups[group]?.["$named"] ?? {}) as unknown as Record<string, string>;
}

lines.set("apiextensions.k8s.io/v1.Empty", "");
for (const [group, messages] of Object.entries(groups)) {
  if (group.startsWith("$")) continue;
  for (const [name, fields] of Object.entries(messages)) {
    if (name.startsWith("$")) continue;
    const isKind = fields.some((field) => field.json === "metadata" && /(Object|List)Meta$/.test(field.go));
    if (isKind || (group === "meta/v1" && (name === "DeleteOptions" || name === "Status"))) visit(group, name);
  }
}

const rows = [...lines]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, line]) => `  ${JSON.stringify(key)}: ${JSON.stringify(line)},`);
writeFileSync(
  join(root, "wire/kubeproto/gen/table.ts"),
  `// Written by scripts/kubeproto-table.ts; do not edit. The format is explained in ../message-table.ts.
export const TABLE: Readonly<Record<string, string>> = {
${rows.join("\n")}
};
`,
);
process.stdout.write(`${lines.size} messages\n`);

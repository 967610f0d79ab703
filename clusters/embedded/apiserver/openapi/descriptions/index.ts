import { isObject } from "../../crd/types.ts";
import type { OpenApiSchema } from "../../schema/property.ts";
import { ACCESS } from "./access.ts";
import { COMMON } from "./common.ts";
import { CORE } from "./core.ts";
import { MACHINERY } from "./machinery.ts";
import { PODS } from "./pods.ts";
import { VOLUMES } from "./volumes.ts";
import { WORKLOADS } from "./workloads.ts";

/** What `kubectl explain` says of a type and its fields. */
type TypeDescription = {
  readonly text: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
};

/**
 * Reads the texts beside this file. `[group/version]` begins a group; a line at the margin is a type and what it is;
 * the lines below it, set in, are its fields, `& Other` those of a type above. Under `*` stand fields that mean the same in every type that does not
 * say otherwise.
 */
function read(texts: readonly string[]): ReadonlyMap<string, TypeDescription> {
  const types = new Map<string, { text: string | undefined; fields: Map<string, string> }>();
  let group = "";
  let fields: Map<string, string> | undefined;
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const [, indent = "", word = "", text = ""] = /^( *)(\S+)(?: (.+))?$/.exec(line) ?? [];
    if (word === "") continue;
    if (word === "&") for (const [name, said] of types.get(`${group}.${text}`)?.fields ?? []) fields?.set(name, said);
    else if (indent !== "") fields?.set(word, text);
    else if (word.startsWith("[")) group = word.slice(1, -1);
    else {
      fields = new Map();
      types.set(word === "*" ? "*" : `${group}.${word}`, { text: text === "" ? undefined : text, fields });
    }
  }
  return types;
}

/** Of a field that means the same in every type. */
export function commonDescription(field: string): string {
  return descriptionOf("*").fields.get(field) ?? "";
}

let known: ReadonlyMap<string, TypeDescription> | undefined;

/** @param key of the table of types: `core/v1.PodSpec` */
function descriptionOf(key: string): TypeDescription {
  known ??= read([COMMON, PODS, VOLUMES, CORE, ACCESS, MACHINERY, WORKLOADS]);
  const common = known.get("*")?.fields ?? new Map<string, string>();
  const own = known.get(key);
  return { text: own?.text, fields: own === undefined ? common : new Map([...common, ...own.fields]) };
}

/** A schema with what is said of its type and its fields. */
export function described(schema: OpenApiSchema, key: string): OpenApiSchema {
  const type = key.slice(key.lastIndexOf(".") + 1);
  const isList = type.endsWith("List") && isObject(schema["properties"]) && "items" in schema["properties"];
  const { fields, text = isList ? `A list of ${type.slice(0, -4)} objects.` : undefined } = descriptionOf(key);
  const properties = isObject(schema["properties"]) ? schema["properties"] : undefined;
  return {
    ...(text !== undefined && { description: text }),
    ...schema,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => {
          const description = isList && name === "items" ? "The objects." : fields.get(name);
          return [name, description === undefined ? property : { description, ...(property as OpenApiSchema) }];
        }),
      ),
    }),
  };
}

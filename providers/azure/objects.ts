import { type GoYaml, GoYamlError, GoYamlProblems, integerOf, parseGoYaml, textOf } from "../../core/go/yaml.ts";
import type { ProviderBehaviour } from "../kit/index.ts";

/** One element of `objects`, trimmed and checked; its type is checked when it is fetched. */
export type KeyVaultObject = {
  readonly objectName: string;
  readonly objectType: string;
  readonly objectVersion: string;
  /** Above 1: that many versions, and one more, each a file of its own. */
  readonly objectVersionHistory: number;
  readonly objectFormat: string;
  readonly objectEncoding: string;
  /** Where it goes: alias, else name. */
  readonly fileName: string;
  readonly mode: number;
};

type Fields = Record<(typeof TEXTS)[number], string> & { objectVersionHistory: number };

const TEXTS = [
  "objectName",
  "objectAlias",
  "objectVersion",
  "objectType",
  "objectFormat",
  "objectEncoding",
  "filePermission",
] as const;

/** How errors name an object: `failed to get objectType:secret, objectName:s, objectVersion:: `. */
export const nameOfObject = (object: Pick<KeyVaultObject, "objectType" | "objectName" | "objectVersion">): string =>
  `failed to get objectType:${object.objectType}, objectName:${object.objectName}, objectVersion:${object.objectVersion}: `;

/**
 * The elements in their order; the first that is wrong ends it.
 * @throws Error with the real provider's words
 */
export function parseObjects(text: string, permission: number, behaviour: ProviderBehaviour): KeyVaultObject[] {
  const documents = named("failed to yaml unmarshal objects", () => stringArray(text));
  return documents.map((document, index) => {
    const fields = named(`unmarshal failed for keyVaultObjects at index ${index}`, () => fieldsOf(document));
    return checked(fields, permission, behaviour);
  });
}

function named<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof GoYamlError) throw new Error(`${what}, error: ${error.message}`);
    throw error;
  }
}

/** A mapping with `array:`, each element the YAML text of one object. */
function stringArray(text: string): string[] {
  const root = parseGoYaml(text);
  const problems = new GoYamlProblems();
  const documents: string[] = [];
  for (const [key, value] of entriesOf(root, problems, "types.StringArray")) {
    if (key !== "array" || value.kind === "null") continue;
    if (value.kind !== "seq") problems.add(value, "[]string");
    else documents.push(...value.items.map((item) => textOf(item, problems) ?? ""));
  }
  problems.check();
  return documents;
}

function fieldsOf(document: string): Fields {
  const fields: Fields = {
    objectName: "",
    objectAlias: "",
    objectVersion: "",
    objectType: "",
    objectFormat: "",
    objectEncoding: "",
    filePermission: "",
    objectVersionHistory: 0,
  };
  const problems = new GoYamlProblems();
  for (const [key, value] of entriesOf(parseGoYaml(document), problems, "types.KeyVaultObject")) {
    const text = TEXTS.find((name) => name === key);
    if (text !== undefined) fields[text] = (textOf(value, problems) ?? "").trim();
    else if (key === "objectVersionHistory") {
      const count = integerOf(value, problems, "int32", -(2 ** 31)) ?? 0;
      if (count >= 2 ** 31) problems.add(value, "int32");
      fields.objectVersionHistory = count;
    } // other keys are ignored
  }
  problems.check();
  return fields;
}

function entriesOf(root: GoYaml | undefined, problems: GoYamlProblems, into: string): [string, GoYaml][] {
  if (root === undefined || root.kind === "null") return [];
  if (root.kind === "map")
    return root.entries.flatMap(([key, value]) => (key.kind === "scalar" ? [[key.text, value] as const] : [])) as [
      string,
      GoYaml,
    ][];
  problems.add(root, into);
  problems.check();
  return [];
}

function checked(fields: Fields, permission: number, behaviour: ProviderBehaviour): KeyVaultObject {
  const { objectFormat, objectEncoding, objectType, objectAlias, objectName } = fields;
  const refuse = (why: string): never => {
    throw new Error(`${nameOfObject(fields)}${why}`);
  };
  if (objectFormat !== "" && !["pem", "pfx"].includes(objectFormat.toLowerCase()))
    refuse(`invalid objectFormat: ${objectFormat}, should be PEM or PFX`);
  // Only the lower-case spelling is looked for: `PFX` on a key goes through, and is ignored.
  if (objectFormat === "pfx" && objectType !== "secret") refuse("PFX format only supported for objectType: secret");
  if (objectEncoding !== "" && objectType !== "secret") refuse("objectEncoding only supported for objectType: secret");
  if (objectEncoding !== "" && !["hex", "base64", "utf-8"].includes(objectEncoding.toLowerCase()))
    refuse(`invalid objectEncoding: ${objectEncoding}, should be hex, base64 or utf-8`);
  const fileName = objectAlias || objectName;
  if (fileName === "") refuse("file name must not be empty");
  if (fileName.startsWith("/")) refuse("file name must be a relative path");
  if (fileName.includes("..")) refuse("file name must not contain '..'");
  if (behaviour === "hardened" && fileName.includes("\0")) refuse("file name must not contain NUL");
  return { ...fields, fileName, mode: modeOf(fields.filePermission, permission, behaviour, refuse) };
}

/** Octal, as Go's strconv.ParseInt(text, 8, 32). What cannot be read is mode 0 upstream: a file that nobody can open. */
function modeOf(
  text: string,
  permission: number,
  behaviour: ProviderBehaviour,
  refuse: (why: string) => never,
): number {
  if (text === "") return permission;
  const mode = /^[-+]?[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if (Math.abs(mode) < 2 ** 31 && (behaviour === "upstream" || (mode >= 0 && mode <= 0o7777))) return mode >>> 0;
  return behaviour === "upstream" ? 0 : refuse(`filePermission ${JSON.stringify(text)} is not an octal file mode`);
}

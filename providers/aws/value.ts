import type { AwsObject } from "./objects.ts";

/** A file to be: what it is called, how it may be read, and what stands in it. */
export type Value = {
  readonly objectName: string;
  readonly fileName: string;
  readonly filePermission: string;
  readonly contents: Uint8Array;
};

/**
 * The object's own file, and one for each value that its JMES paths point to.
 * @throws Error with the real provider's words: none of them shows a value
 */
export async function valuesOf(object: AwsObject, contents: Uint8Array): Promise<Value[]> {
  const { objectName, fileName, filePermission, jmesPath } = object;
  const own: Value = { objectName, fileName, filePermission, contents };
  if (jmesPath.length === 0) return [own];
  const data = parse(contents);
  if (data === undefined) throw new Error(`Invalid JSON used with jmesPath in secret: ${objectName}.`);
  const { default: jmespath } = await import("jmespath");
  const extracted = jmesPath.map((jmes): Value => {
    let found: unknown;
    try {
      found = jmespath.search(data.value, jmes.path);
    } catch {
      throw new Error(`Invalid JMES Path: ${jmes.path}.`);
    }
    if (found === null || found === undefined)
      throw new Error(
        `JMES Path - ${jmes.path} for object alias - ${jmes.objectAlias} does not point to a valid object.`,
      );
    if (typeof found !== "string")
      throw new Error(`Invalid JMES search result type for path:${jmes.path}. Only string is allowed.`);
    return {
      objectName,
      fileName: jmes.fileName,
      filePermission: jmes.filePermission,
      contents: Buffer.from(found),
    };
  });
  return [own, ...extracted];
}

function parse(contents: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(Buffer.from(contents).toString("utf8"), withoutPrototype) };
  } catch {
    return undefined;
  }
}

/** A path such as `constructor` must not find what no secret holds. */
function withoutPrototype(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.assign(Object.create(null) as object, value);
}

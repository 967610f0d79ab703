import { goJsonError, goTokenOf } from "../../core/go/index.ts";
import { checkKeys, GoYamlProblems, parseGoYaml } from "../../core/go/yaml.ts";
import { messageOf } from "../../core/index.ts";

/**
 * The string at a top-level key of a JSON object.
 * @throws Error with the real provider's words
 */
export function jsonKey(contents: Uint8Array, key: string): Buffer {
  const text = Buffer.from(contents).toString("utf8");
  const invalid = (why: string): Error =>
    new Error(`failed to unmarshal JSON: ${why}. Invalid JSON format for key extraction`);
  const problem = goJsonError(text);
  if (problem !== undefined) throw invalid(problem);
  const value = JSON.parse(text) as unknown;
  if (value !== null && (typeof value !== "object" || Array.isArray(value)))
    throw invalid(`json: cannot unmarshal ${goTokenOf(value)} into Go value of type map[string]interface {}`);
  if (value === null || !Object.hasOwn(value, key)) throw new Error(`key '${key}' not found in JSON`);
  const found = (value as Record<string, unknown>)[key];
  if (typeof found !== "string") throw new Error(`unsupported value type for key '${key}'`);
  return Buffer.from(found);
}

/** The string at a top-level key of a YAML mapping; `yes` is one, `1` is none. @see jsonKey */
export function yamlKey(contents: Uint8Array, key: string): Buffer {
  const invalid = (why: string): Error =>
    new Error(`failed to unmarshal YAML: ${why}. Invalid YAML format for key extraction`);
  const missing = (): Error => new Error(`key '${key}' not found in YAML`);
  try {
    const root = parseGoYaml(Buffer.from(contents).toString("utf8"));
    if (root === undefined || root.kind === "null") throw new KeyError(missing().message);
    const problems = new GoYamlProblems();
    checkKeys(root, problems);
    if (root.kind !== "map") problems.add(root, "map[string]interface {}");
    problems.check();
    const entry =
      root.kind === "map" ? root.entries.find(([name]) => name.kind === "scalar" && name.text === key) : undefined;
    if (entry === undefined) throw new KeyError(missing().message);
    const [, value] = entry;
    if (value.kind !== "scalar" || value.tag !== "!!str") throw new KeyError(`unsupported value type for key '${key}'`);
    return Buffer.from(value.text);
  } catch (error) {
    if (error instanceof KeyError) throw new Error(error.message);
    throw invalid(messageOf(error));
  }
}

/** The document is good; its key is not. */
class KeyError extends Error {}

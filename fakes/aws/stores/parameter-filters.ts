import { AwsRefusal } from "../errors.ts";
import type { ParameterState } from "./parameter.ts";
import type { StoreRequest } from "./request.ts";

type Filter = { readonly Key?: string; readonly Option?: string; readonly Values?: readonly string[] };

const OPTIONS: Readonly<Record<string, (text: string, value: string) => boolean>> = {
  Equals: (text, value) => text === value,
  BeginsWith: (text, value) => text.startsWith(value),
  Contains: (text, value) => text.includes(value),
};
const PATH_OPTIONS = ["OneLevel", "Recursive"];

/** What each key looks at (API reference, "ParameterStringFilter"); by path only its own options are asked for. */
const KEYS: Readonly<Record<string, (parameter: ParameterState) => readonly string[]>> = {
  Name: ({ name }) => [name],
  Type: ({ versions }) => [versions.at(-1)?.type ?? ""],
  KeyId: ({ versions }) => [versions.at(-1)?.keyId ?? ""],
  Label: ({ versions }) => versions.flatMap(({ labels }) => [...labels]),
  Tier: () => ["Standard"],
  DataType: () => ["text"],
};
/** The older form of filters, which knows the beginnings of names and nothing of options. */
const OLD_KEYS: readonly string[] = ["Name", "Type", "KeyId"];

/**
 * The parameters that meet every filter of the request, each by one of its values.
 * @param keys those that the operation takes; tags are asked for as `tag:KEY`
 * @throws AwsRefusal `InvalidFilterKey`, `InvalidFilterOption`, `InvalidFilterValue`, in AWS's words
 */
export function filtered(
  { input }: StoreRequest,
  parameters: readonly ParameterState[],
  keys: readonly string[],
): ParameterState[] {
  const old = (input["Filters"] ?? []) as readonly Filter[];
  const now = (input["ParameterFilters"] ?? []) as readonly Filter[];
  if (old.length > 0 && now.length > 0)
    throw new AwsRefusal("ValidationException", "You can use either Filters or ParameterFilters in a single request.");
  const tests = [
    ...old.map(({ Key = "", Values = [] }) =>
      testOf({ Key, Values, Option: Key === "Name" ? "BeginsWith" : "Equals" }, OLD_KEYS),
    ),
    ...now.map((filter) => testOf(filter, keys)),
  ];
  return parameters.filter((parameter) => tests.every((test) => test(parameter)));
}

function testOf(
  { Key = "", Option, Values = [] }: Filter,
  keys: readonly string[],
): (parameter: ParameterState) => boolean {
  const isTag = Key.startsWith("tag:");
  if (!keys.includes(isTag ? "tag" : Key))
    throw new AwsRefusal("InvalidFilterKey", `The filter key ${Key} is not valid.`);
  if (Values.length === 0 && !isTag) throw new AwsRefusal("InvalidFilterValue", `The filter ${Key} has no values.`);
  if (Key === "Path") return pathTest(Option ?? "OneLevel", Values);
  const matches = OPTIONS[Option ?? "Equals"];
  // Only a name is looked into.
  if (matches === undefined || (Option === "Contains" && Key !== "Name"))
    throw new AwsRefusal("InvalidFilterOption", `The filter option ${Option} is not valid for the key ${Key}.`);
  if (isTag)
    return ({ tags }) => {
      const tag = tags.get(Key.slice("tag:".length));
      return tag !== undefined && (Values.length === 0 || Values.some((value) => matches(tag, value)));
    };
  const textsOf = KEYS[Key] ?? (() => []);
  return (parameter) => textsOf(parameter).some((text) => Values.some((value) => matches(text, value)));
}

function pathTest(option: string, values: readonly string[]): (parameter: ParameterState) => boolean {
  if (!PATH_OPTIONS.includes(option))
    throw new AwsRefusal("InvalidFilterOption", `The filter option ${option} is not valid for the key Path.`);
  return ({ name }) => values.some((path) => isBelow(name, path, option === "Recursive"));
}

/** Whether a name stands below a path: right below it, or anywhere. */
export function isBelow(name: string, path: string, isDeep: boolean): boolean {
  const root = path.endsWith("/") ? path : `${path}/`;
  if (!name.startsWith(root)) return path === "/" && !name.includes("/");
  return isDeep || !name.slice(root.length).includes("/");
}

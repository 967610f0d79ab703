import { NETWORKS, OPTIONALS, QUANTITIES, URLS } from "./kubernetes.ts";
import { type Overload, overloadsOf } from "./overload.ts";
import { STANDARD } from "./standard.ts";
import { LISTS, TEXTS } from "./text.ts";

export { accepts, type Overload } from "./overload.ts";

const FUNCTIONS: ReadonlyMap<string, readonly Overload[]> = Map.groupBy(
  [STANDARD, TEXTS, LISTS, OPTIONALS, URLS, QUANTITIES, NETWORKS].flatMap(overloadsOf),
  ({ name }) => name,
);

/** The ways to call a name with so many arguments, a method's target among them. */
export function overloadsNamed(name: string, isMethod: boolean, count: number): readonly Overload[] {
  return (FUNCTIONS.get(name) ?? []).filter((one) => one.isMethod === isMethod && one.parameters.length === count);
}

/** Whether there is any function of this name. */
export function isFunction(name: string): boolean {
  return FUNCTIONS.has(name);
}

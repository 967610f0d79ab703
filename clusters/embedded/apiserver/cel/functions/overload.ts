import { type CelType, readType, splitArguments } from "../types.ts";
import { type CelValue, nameOfValue } from "../values.ts";

/** One way to call a function: types for the checker, an implementation for the evaluator. */
export type Overload = {
  readonly name: string;
  readonly isMethod: boolean;
  /** Of a method its target comes first. */
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  /** @throws CelFailure */
  readonly call: (...args: never[]) => CelValue;
};

/** Overloads by signature, `string.contains(string): bool`; capitals stand for any type. */
export type Library = Readonly<Record<string, (...args: never[]) => CelValue>>;

export function overloadsOf(library: Library): Overload[] {
  return Object.entries(library).map(([signature, call]) => readSignature(signature, call));
}

function readSignature(signature: string, call: Overload["call"]): Overload {
  const colon = signature.lastIndexOf("): ");
  // The bracket of the arguments is the one that matches the last closing one.
  let depth = 0;
  let open = colon;
  for (; open >= 0; open--) {
    if (signature[open] === ")") depth++;
    else if (signature[open] === "(" && --depth === 0) break;
  }
  const head = signature.slice(0, open);
  const own = splitArguments(signature.slice(open + 1, colon)).map(readType);
  const result = readType(signature.slice(colon + 3));
  const dot = head.startsWith("@@") ? -1 : targetEnd(head);
  if (dot < 0) return { name: head.replace("@@", ""), isMethod: false, parameters: own, result, call };
  return {
    name: head.slice(dot + 1),
    isMethod: true,
    parameters: [readType(head.slice(0, dot)), ...own],
    result,
    call,
  };
}

/** Where a method's target ends; a name in a namespace (`optional.of`) is written with @@ before it. */
function targetEnd(head: string): number {
  return head.startsWith("_") || head.startsWith("!") || head.startsWith("-") ? -1 : head.lastIndexOf(".");
}

/** Whether a value can be given for a parameter, as far as it shows without looking into it. */
export function accepts(type: CelType, value: CelValue): boolean {
  if (type.name === "dyn" || type.name === "param") return true;
  const name = nameOfValue(value);
  if (type.name === "opaque") return name === type.label;
  return type.name === name || (type.name === "object" && name === "map");
}

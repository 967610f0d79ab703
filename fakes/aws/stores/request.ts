import type { Account, Caller } from "../account.ts";
import { validation } from "../errors.ts";

/** One call of a JSON operation. */
export type StoreRequest = {
  readonly account: Account;
  readonly region: string;
  readonly caller: Caller;
  readonly input: Readonly<Record<string, unknown>>;
};

/** What an operation answers: written as JSON. */
export type StoreAnswer = Readonly<Record<string, unknown>>;
export type StoreOperation = (request: StoreRequest) => StoreAnswer;

/** @throws AwsRefusal for a member that has another type */
export function textOf({ input }: StoreRequest, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw wrongType(value);
  return value;
}

/** @throws AwsRefusal for a member that is not there */
export function neededText(request: StoreRequest, name: string): string {
  const value = textOf(request, name);
  if (value === undefined || value === "")
    throw validation(
      `1 validation error detected: Value null at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

export function textsOf({ input }: StoreRequest, name: string): readonly string[] {
  const value = input[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) throw wrongType(value);
  return value as string[];
}

export function numberOf({ input }: StoreRequest, name: string): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw wrongType(value);
  return value;
}

export function flagOf({ input }: StoreRequest, name: string): boolean {
  return input[name] === true;
}

/** The pairs of `Tags`. @throws AwsRefusal for what is no list of them */
export function tagsOf({ input }: StoreRequest): [string, string][] {
  const value = input["Tags"];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(value);
  return value.map(({ Key = "", Value = "" }: { readonly Key?: string; readonly Value?: string }) => [Key, Value]);
}

function wrongType(value: unknown): Error {
  const kind = Array.isArray(value)
    ? "START_ARRAY"
    : typeof value === "object"
      ? "START_OBJECT"
      : `${typeof value}`.toUpperCase();
  return validation(`${kind} can not be converted to the member's type`);
}

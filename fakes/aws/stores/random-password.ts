import { invalidParameter } from "../errors.ts";
import { flagOf, numberOf, type StoreAnswer, type StoreRequest, textOf } from "./request.ts";

const PRESET_LENGTH = 32;
const LONGEST = 4096;
const KINDS = {
  ExcludeLowercase: "abcdefghijklmnopqrstuvwxyz",
  ExcludeUppercase: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  ExcludeNumbers: "0123456789",
  ExcludePunctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
} as const;

/** GetRandomPassword: drawn from the kinds of characters that are not excluded, one of each unless told otherwise. */
export function getRandomPassword(request: StoreRequest): StoreAnswer {
  const { account, caller, input } = request;
  account.authorize(caller, "secretsmanager:GetRandomPassword", "*");
  const length = numberOf(request, "PasswordLength") ?? PRESET_LENGTH;
  if (!Number.isInteger(length) || length < 1 || length > LONGEST)
    throw invalidParameter(`PasswordLength must be between 1 and ${LONGEST}.`);
  const excluded = new Set(textOf(request, "ExcludeCharacters") ?? "");
  const kinds = [
    ...Object.entries(KINDS).flatMap(([flag, characters]) => (flagOf(request, flag) ? [] : [characters])),
    ...(flagOf(request, "IncludeSpace") ? [" "] : []),
  ]
    .map((characters) => [...characters].filter((one) => !excluded.has(one)).join(""))
    .filter((characters) => characters !== "");
  if (kinds.length === 0) throw invalidParameter("The password can't be made: every character is excluded.");
  const first =
    input["RequireEachIncludedType"] === false ? [] : kinds.map((characters) => account.draw(1, characters));
  if (first.length > length)
    throw invalidParameter("PasswordLength is too short for a character of each included type.");
  const drawn = [...first, ...account.draw(length - first.length, kinds.join(""))];
  // Those that had to be there stand anywhere.
  const left = [...drawn];
  const mixed = drawn.map(() => left.splice(account.random.integer(0, left.length - 1), 1)[0]);
  return { RandomPassword: mixed.join("") };
}

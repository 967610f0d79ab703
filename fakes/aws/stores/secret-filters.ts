import { invalidParameter } from "../errors.ts";
import type { StoreRequest } from "./request.ts";
import type { SecretState } from "./secret.ts";

type Test = (secret: SecretState, value: string) => boolean;

const begins = (text: string, value: string): boolean => text.startsWith(value);
const beginsInAnyCase = (text: string, value: string): boolean => text.toLowerCase().startsWith(value.toLowerCase());

/** What each key of a filter looks at: the beginning of a text (API reference, "Filter"). */
const KEYS: Readonly<Record<string, Test>> = {
  name: ({ name }, value) => begins(name, value),
  description: ({ description }, value) => beginsInAnyCase(description, value),
  "tag-key": ({ tags }, value) => [...tags.keys()].some((key) => begins(key, value)),
  "tag-value": ({ tags }, value) => [...tags.values()].some((tag) => begins(tag, value)),
  all: (secret, value) => value.split(/\s+/).every((word) => textsOfSecret(secret).some((text) => isIn(text, word))),
  // Nothing is replicated here, and no other service has made a secret: there is neither.
  "primary-region": () => false,
  "owning-service": () => false,
};

/**
 * The secrets that meet every filter of the request, each by one of its values; `!` in front of a value means none
 * that begins so.
 * @throws AwsRefusal for a key that there is not, or a filter without values
 */
export function filtered(request: StoreRequest, secrets: readonly SecretState[]): SecretState[] {
  const filters = (request.input["Filters"] ?? []) as readonly { readonly Key?: string; readonly Values?: string[] }[];
  const tests = filters.map(({ Key = "", Values = [] }) => {
    const test = Object.hasOwn(KEYS, Key) ? KEYS[Key] : undefined;
    if (test === undefined) throw invalidParameter(`Invalid filter key: ${Key}`);
    if (Values.length === 0) throw invalidParameter(`The filter ${Key} has no values.`);
    return (secret: SecretState): boolean =>
      Values.some((value) => (value.startsWith("!") ? !test(secret, value.slice(1)) : test(secret, value)));
  });
  return secrets.filter((secret) => tests.every((test) => test(secret)));
}

function textsOfSecret({ name, description, tags }: SecretState): string[] {
  return [name, description, ...tags.keys(), ...tags.values()];
}

function isIn(text: string, word: string): boolean {
  return text.toLowerCase().includes(word.toLowerCase());
}

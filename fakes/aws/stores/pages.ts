import type { AwsRefusal } from "../errors.ts";
import { validation } from "../errors.ts";
import { numberOf, type StoreRequest, textOf } from "./request.ts";

/** How long an operation's pages are. */
export type PageRule = {
  readonly preset: number;
  readonly most: number;
  /** What AWS says to a token it has not given. */
  readonly wrongToken: () => AwsRefusal;
};

const TOKEN = /^page-(\d+)$/;

/**
 * The part of a list that a request asks for by `MaxResults` and `NextToken`.
 * @throws AwsRefusal for a size out of bounds, or a token that no answer has held
 */
export function pageOf<T>(
  all: readonly T[],
  request: StoreRequest,
  { preset, most, wrongToken }: PageRule,
): { readonly items: readonly T[]; readonly next: { readonly NextToken?: string } } {
  const size = numberOf(request, "MaxResults") ?? preset;
  if (!Number.isInteger(size) || size < 1 || size > most)
    throw validation(
      `1 validation error detected: Value '${size}' at 'maxResults' failed to satisfy constraint: Member must have value ${size < 1 ? "greater than or equal to 1" : `less than or equal to ${most}`}`,
    );
  const token = textOf(request, "NextToken");
  const from = token === undefined ? 0 : Number(TOKEN.exec(Buffer.from(token, "base64").toString())?.[1] ?? Number.NaN);
  if (Number.isNaN(from) || from > all.length) throw wrongToken();
  const items = all.slice(from, from + size);
  const end = from + items.length;
  return { items, next: end < all.length ? { NextToken: Buffer.from(`page-${end}`).toString("base64") } : {} };
}

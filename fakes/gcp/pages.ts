import { invalid, unimplemented } from "./status.ts";

export type PageRequest = {
  readonly pageSize: number;
  readonly pageToken: string;
  readonly filter: string;
  readonly orderBy?: string;
};

const MAX_PAGE = 25_000;

/**
 * One page of a list. A token is where the next one begins.
 * @throws GrpcError INVALID_ARGUMENT for a token of nobody's; UNIMPLEMENTED for filters and orders
 */
export function pageOf<T>(
  all: readonly T[],
  request: PageRequest,
): { readonly items: readonly T[]; readonly next: string } {
  if (request.filter !== "") throw unimplemented("A filter on lists");
  if ((request.orderBy ?? "") !== "") throw unimplemented("An order of lists");
  if (request.pageSize < 0) throw invalid("The page size may not be negative.");
  const begin = request.pageToken === "" ? 0 : Number(Buffer.from(request.pageToken, "base64url").toString());
  if (!Number.isInteger(begin) || begin < 0 || begin > all.length) throw invalid("Invalid page token.");
  const size = Math.min(request.pageSize || MAX_PAGE, MAX_PAGE);
  const end = begin + size;
  return {
    items: all.slice(begin, end),
    next: end < all.length ? Buffer.from(String(end)).toString("base64url") : "",
  };
}

import type { HttpExchange } from "../../../../net/index.ts";

/** A list that is longer goes out part by part, as its reader takes it: one of 10,000 pods has 44 MB. */
const WHOLE_UP_TO = 1024 * 1024;
const PART = 256 * 1024;

/** Answers with a list: `head`, the items with commas between them, and `tail`. */
export async function sendList(
  exchange: HttpExchange,
  headers: Readonly<Record<string, string | string[]>>,
  { head, items, tail }: { readonly head: string; readonly items: readonly string[]; readonly tail: string },
): Promise<void> {
  const commas = Math.max(0, items.length - 1);
  const length = items.reduce((sum, text) => sum + Buffer.byteLength(text), Buffer.byteLength(head + tail) + commas);
  if (length <= WHOLE_UP_TO) return exchange.respond(200, headers, `${head}${items.join(",")}${tail}`);
  const writer = exchange.stream(200, { ...headers, "content-length": String(length) });
  let part = head;
  for (const [index, text] of items.entries()) {
    part += index === 0 ? text : `,${text}`;
    if (part.length < PART) continue;
    if (!writer.write(part)) await writer.drained();
    if (exchange.signal.aborted) return;
    part = "";
  }
  writer.end(part + tail);
}

import type { ProviderBehaviour } from "./provider.ts";

/** How many objects a hardened provider asks its store for at once. */
const AT_ONCE = 8;

/**
 * Runs one task an item and keeps the order of the items. `upstream` runs them one after the other and stops at the
 * first error; `hardened` runs up to eight at once, and the error that counts is that of the first item in the list
 * that failed, whichever came first.
 */
export async function fetchAll<T, R>(
  items: readonly T[],
  behaviour: ProviderBehaviour,
  task: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  if (behaviour === "upstream") {
    for (const [index, item] of items.entries()) results.push(await task(item, index));
    return results;
  }
  let next = 0;
  let failed = items.length;
  let reason: unknown;
  const lane = async (): Promise<void> => {
    // What stands behind a failed item is not begun any more.
    while (next < Math.min(items.length, failed)) {
      const index = next++;
      try {
        results[index] = await task(items[index] as T, index);
      } catch (error) {
        if (index < failed) {
          failed = index;
          reason = error;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
  if (failed < items.length) throw reason;
  return results;
}

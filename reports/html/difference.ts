/** Lines of `text` that are not in `other`, told apart from those that are: for expected beside got. Pure. */
export function markDifferent(
  text: string,
  other: string,
): readonly { readonly line: string; readonly differs: boolean }[] {
  const left = new Map<string, number>();
  for (const line of other.split("\n")) left.set(normal(line), (left.get(normal(line)) ?? 0) + 1);
  return text.split("\n").map((line) => {
    const count = left.get(normal(line)) ?? 0;
    if (count > 0) left.set(normal(line), count - 1);
    return { line, differs: count === 0 };
  });
}

/** A trailing comma or a bracket's company says nothing. */
function normal(line: string): string {
  return line.trim().replace(/,$/, "");
}

/**
 * JSON text laid out as Go's `json.Indent` does with two spaces: order, escapes and number texts stay as they are.
 * @returns undefined for what is no JSON
 */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let out = "";
  let depth = 0;
  let isFresh = false; // right behind an opening bracket
  const line = (): string => `\n${"  ".repeat(depth)}`;
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g);
  for (const [token] of tokens) {
    if (token === "}" || token === "]") {
      depth--;
      out += isFresh ? token : `${line()}${token}`;
      isFresh = false;
      continue;
    }
    if (isFresh) out += line();
    isFresh = token === "{" || token === "[";
    if (isFresh) depth++;
    if (token === ",") out += `,${line()}`;
    else out += token === ":" ? ": " : token;
  }
  return out;
}

/**
 * Paths of the fields that a JSON text names twice in one object: `data.a`, `[0].value`. JSON.parse keeps the last and says nothing.
 * @param value what the text was parsed to: most texts are seen to be clean by counting
 */
export function duplicateFields(text: string, value: unknown): string[] {
  if (countMarks(text) <= countFields(value)) return [];
  const found: string[] = [];
  scan(text, found);
  return found;
}

/** How often a string is followed by a colon; never less than the number of fields. */
function countMarks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    let next = at + 1;
    while (text.charCodeAt(next) <= 32) next++;
    if (text[next] === ":") count++;
  }
  return count;
}

function countFields(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const inner of Object.values(value)) count += countFields(inner);
  return count;
}

type Level = { readonly names: Set<string> | undefined; index: number; name: string };

/** The text is known to be JSON, so brackets match and strings end. */
function scan(text: string, found: string[]): void {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1);
    switch (text[at]) {
      case "{":
        levels.push({ names: new Set(), index: 0, name: "" });
        break;
      case "[":
        levels.push({ names: undefined, index: 0, name: "" });
        break;
      case "}":
      case "]":
        levels.pop();
        break;
      case ",":
        if (level !== undefined) level.index++;
        break;
      case '"': {
        const end = endOfString(text, at);
        let next = end + 1;
        while (text.charCodeAt(next) <= 32) next++;
        if (text[next] === ":" && level?.names !== undefined) {
          level.name = JSON.parse(text.slice(at, end + 1)) as string;
          if (level.names.has(level.name)) found.push(pathOf(levels));
          level.names.add(level.name);
        }
        at = end;
      }
    }
  }
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function pathOf(levels: readonly Level[]): string {
  return levels
    .map(({ index, name, names }) => (names === undefined ? `[${index}]` : `.${name}`))
    .join("")
    .replace(/^\./, "");
}

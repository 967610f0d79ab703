/** An element's content: text, elements by name, or a list, which AWS writes as `member`s. */
export type Xml = string | number | boolean | readonly Xml[] | { readonly [name: string]: Xml | undefined };

/** Elements of AWS's query protocol. */
export function xml(value: Xml): string {
  if (typeof value !== "object") return escaped(String(value));
  if (Array.isArray(value)) return value.map((item: Xml) => `<member>${xml(item)}</member>`).join("");
  return Object.entries(value as Readonly<Record<string, Xml | undefined>>)
    .map(([name, inner]) => (inner === undefined ? "" : `<${name}>${xml(inner)}</${name}>`))
    .join("");
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);
}

import { isIPv4, isIPv6 } from "node:net";

/**
 * The formats that are checked (k8s.io/apiextensions-apiserver, validation/formats.go); any other name is ignored.
 */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": (text) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text.replace(" ", "T"))),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
  duration: (text) => /^-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w))+$/.test(text) || text === "0",
  uuid: matcher(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid3: matcher(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid4: matcher(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  uuid5: matcher(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: (text) => {
    const [address = "", bits = ""] = text.split("/");
    if (!/^\d{1,3}$/.test(bits)) return false;
    return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
  },
  hostname: matcher(/^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/),
  email: matcher(/^[^@\s]+@[^@\s]+$/),
  uri: (text) => URL.canParse(text) || text.startsWith("/"),
  mac: matcher(/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i),
  byte: (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  creditcard: matcher(/^\d[\d -]{11,22}\d$/),
  isbn: matcher(/^(\d[ -]?){9}[\dXx]$|^(\d[ -]?){13}$/),
  isbn10: matcher(/^(\d[ -]?){9}[\dXx]$/),
  isbn13: matcher(/^(\d[ -]?){13}$/),
  ssn: matcher(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matcher(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matcher(/^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/),
  password: () => true,
  bsonobjectid: matcher(/^[0-9a-f]{24}$/i),
};

function matcher(pattern: RegExp): (text: string) => boolean {
  return (text) => pattern.test(text);
}

/** Whether the text has the format; a format nobody checks fits every text. */
export function hasFormat(text: string, format: string): boolean {
  return FORMATS[format]?.(text) ?? true;
}

/** Go's RE2 as JavaScript's closest kin; undefined for a pattern that neither reads. */
export function patternOf(source: string): RegExp | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(source)?.[1] ?? "";
  const body = flags === "" ? source : source.slice(flags.length + 3);
  const named = body.replaceAll("(?P<", "(?<");
  for (const mode of ["u", ""]) {
    try {
      return new RegExp(named, flags + mode);
    } catch {
      // "u" refuses escapes that RE2 allows, like \- outside a class.
    }
  }
  return undefined;
}

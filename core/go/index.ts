export { parseBool } from "./bool.ts";
export { indentJson } from "./indent-json.ts";
export {
  asDoubles,
  escapedForHtml,
  goJson,
  goString,
  goTokenOf,
  isObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  parseJson,
  VerbatimNumber,
} from "./json.ts";
export { goJsonError } from "./json-error.ts";
export { decodeBase64, decodeHex } from "./text-encoding.ts";

export {
  asDoubles,
  goJson,
  goString,
  isObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  parseJson,
  VerbatimNumber,
} from "./json.ts";
export { goJsonError } from "./json-error.ts";

import fc from "fast-check";
import { expect, test } from "vitest";
import { goJsonError } from "./json-error.ts";

test.each([
  ["", "unexpected end of JSON input"],
  ["x", "invalid character 'x' looking for beginning of value"],
  ["0644", "invalid character '6' after top-level value"],
  ["{broken", "invalid character 'b' looking for beginning of object key string"],
  ['{"a"', "unexpected end of JSON input"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 2}', "invalid character '2' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["tru ", "invalid character ' ' in literal true (expecting 'e')"],
  ["'", "invalid character '\\'' looking for beginning of value"],
  ["1.", "unexpected end of JSON input"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["-x", "invalid character 'x' in numeric literal"],
  ['"\n"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
])("%j is refused as Go refuses it", (text, message) => {
  expect(goJsonError(text)).toBe(message);
});

test("there is an error exactly where the text is no JSON", () => {
  fc.assert(fc.property(fc.json(), (text) => goJsonError(text) === undefined));
  fc.assert(
    fc.property(fc.string(), (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      return (goJsonError(text) === undefined) === isJson;
    }),
  );
});

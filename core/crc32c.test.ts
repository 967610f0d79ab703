import { expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";

// RFC 3720, B.4, and the check value of the catalogue of CRC algorithms.
test.each([
  ["123456789", 0xe3069283],
  ["\0".repeat(32), 0x8a9136aa],
  ["", 0],
])("CRC-32C of %j", (text, value) => {
  expect(crc32c(Buffer.from(text))).toBe(value);
});

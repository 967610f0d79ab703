import { readFileSync, symlinkSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errnoWords, goErrorText } from "./go-error.ts";
import { formatted } from "./go-format.ts";
import { byBytes, goJson } from "./go-json.ts";

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

describe("JSON as Go writes it", () => {
  test("sorts keys by bytes and escapes HTML", () => {
    expect(goJson({ z: "<b>&", a: 'é"\\\u2028' })).toBe('{"a":"é\\"\\\\\\u2028","z":"\\u003cb\\u003e\\u0026"}');
    expect(goJson({ u: "user", p: 'p<&>"ss é\n' })).toBe('{"p":"p\\u003c\\u0026\\u003e\\"ss é\\n","u":"user"}');
    expect(goJson({})).toBe("{}");
  });

  test("reads back as what it was", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })), (map) => {
        expect(JSON.parse(goJson(map))).toEqual(JSON.parse(JSON.stringify(map)));
      }),
    );
  });

  test("orders strings by their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(byBytes(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});

describe("errors as Go prints them", () => {
  test("name operation, path and the C library's words", () => {
    expect(goErrorText(thrownBy(() => readFileSync("/nowhere/a")))).toBe("open /nowhere/a: no such file or directory");
    expect(goErrorText(thrownBy(() => symlinkSync("x", "/proc")))).toBe("symlink x /proc: file exists");
    expect(goErrorText(new Error("plain"))).toBe("plain");
  });

  test.each([
    ["EBUSY", "device or resource busy"],
    ["ENOTDIR", "not a directory"],
    ["ENAMETOOLONG", "file name too long"],
    ["EWHATEVER", "EWHATEVER"],
  ])("%s is %j", (code, words) => expect(errnoWords(code)).toBe(words));
});

test("a text taken for a format reads as Go prints it", () => {
  expect(["no%dfile", "100%", "50%% off", "%5.2fx", "plain"].map(formatted)).toEqual([
    "no%!d(MISSING)file",
    "100%!(NOVERB)",
    "50% off",
    "%!f(MISSING)x",
    "plain",
  ]);
});

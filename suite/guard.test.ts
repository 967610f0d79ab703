import { expect, test } from "vitest";
import { Guard } from "./guard.ts";

test("a secret of several lines is found in a log, which is read line by line", () => {
  const guard = new Guard();
  const line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
  guard.watch("key", `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----\n`);
  expect(guard.search(`loaded ${line}`)).toContainEqual({ label: "key", form: "raw" });
  expect(guard.redact(`loaded ${line}`)).toBe("loaded ***key***");
  expect(guard.search("-----BEGIN PRIVATE KEY-----")).toEqual([]);
});

test("what is concealed is replaced in any form and fails nothing", () => {
  const guard = new Guard();
  guard.conceal("mounted value", "s3cr3t-of-somebody");
  expect(guard.redact("got s3cr3t-of-somebody")).toBe("got ***mounted value***");
  expect(guard.redact(Buffer.from("s3cr3t-of-somebody").toString("hex"))).toBe("***mounted value***");
  expect(guard.search("got s3cr3t-of-somebody")).toEqual([]);
});

test("a word that a report may use itself is not concealed", () => {
  const guard = new Guard();
  guard.conceal("mounted value", "password");
  expect(guard.redact('"password"')).toBe('"password"');
});

test.each(["secret", "Admin", "TOKEN"])("a short word that the report uses itself, %s, is not looked for", (word) => {
  const guard = new Guard();
  guard.watch("secret value", word);
  expect(guard.search(`the ${word} was read`)).toEqual([]);
  expect(guard.redact(`the ${word} was read`)).toBe(`the ${word} was read`);
});

test.each(["hunter2", "s3cr3t", "pA55", "correct horse", "qZxvKw", "swordfish", "Password"])(
  "what is no word, %s, is",
  (value) => {
    const guard = new Guard();
    guard.watch("secret value", value);
    expect(guard.search(`got ${value}`)).toContainEqual({ label: "secret value", form: "raw" });
    expect(guard.redact(`got ${value}, ${value}`)).toBe("got ***secret value***, ***secret value***");
  },
);

test("the mark in a value's place is left alone, also by a value that stands in it and when the text comes again", () => {
  const guard = new Guard();
  for (const value of ["hunter2", "et va", "alue"]) guard.watch("secret value", value);
  const once = guard.redact("hunter2 and et va");
  expect(once).toBe("***secret value*** and ***secret value***");
  expect(guard.redact(once)).toBe(once);
});

test("stars that are no mark of this run's hide nothing", () => {
  const guard = new Guard();
  guard.watch("secret value", "ab1x");
  expect(guard.redact("*** login with ab1x ***")).toBe("*** login with ***secret value*** ***");
  expect(guard.redact("***ab1x***")).toBe("******secret value******");
});

test("a word as long as a canary is looked for in all its forms", () => {
  const guard = new Guard();
  guard.watch("secret value", "swordfish");
  expect(guard.search(Buffer.from("swordfish").toString("hex"))).toContainEqual({
    label: "secret value",
    form: "hex",
  });
});

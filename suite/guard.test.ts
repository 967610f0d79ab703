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

import { describe, expect, test } from "vitest";
import { parseObjects } from "./objects.ts";

const parse = (text: string, translation = "", behaviour: "hardened" | "upstream" = "hardened") =>
  parseObjects(text, translation, ["us-west-2", "us-east-1"], behaviour);
const one = (fields: string, translation = "") => parse(`- {objectType: secretsmanager, ${fields}}`, translation)[0];

describe("scalars, read as YAML 1.1 and made text as the real provider makes them", () => {
  test.each([
    ["3", "3"],
    ["0644", "420"],
    ["0x1F", "31"],
    ["1_000", "1000"],
    ["1.50", "1.5"],
    ["1e3", "1000"],
    ["1234567.5", "1.2345675e+06"],
    ["123456789012345678901", "1.2345678901234568e+20"],
    ["yes", "true"],
    ["Off", "false"],
    ['"yes"', "yes"],
    ['"0644"', "0644"],
    ["2026-01-01", "2026-01-01"],
    ["~", ""],
  ])("%s is %j", (written, text) => {
    expect(one(`objectName: x, objectVersion: ${written}`)?.primary.version).toBe(text);
  });

  test("keys match in any case, and of two the last counts", () => {
    expect(one("OBJECTNAME: a, objectname: b")?.objectName).toBe("b");
  });

  test.each([
    ["- foo", "json: cannot unmarshal string into Go value of type provider.SecretDescriptor"],
    ["- 1", "json: cannot unmarshal number into Go value of type provider.SecretDescriptor"],
    [
      "- {objectName: [a]}",
      "json: cannot unmarshal array into Go struct field SecretDescriptor.objectName of type string",
    ],
    [
      "- {jmesPath: x}",
      "json: cannot unmarshal string into Go struct field SecretDescriptor.jmesPath of type []provider.JMESPathEntry",
    ],
    ["yes", "json: cannot unmarshal bool into Go value of type []*provider.SecretDescriptor"],
  ])("%j does not fit", (text, words) => {
    expect(() => parse(text)).toThrow(
      `Failed to load SecretProviderClass: error unmarshaling JSON: while decoding JSON: ${words}`,
    );
  });
});

describe("file names", () => {
  test.each([
    ["/a/b", "", "_a_b"],
    ["/a/b", "-", "-a-b"],
    ["a/b", "$", "a$b"],
    ["//a/b", "False", "a/b"],
    ["ключ 1/β", "", "ключ 1_β"],
    ["a..b", "False", "a..b"],
  ])("%j translated by %j is %j", (name, translation, file) => {
    expect(one(`objectName: "${name}"`, translation)?.fileName).toBe(file);
  });

  test("hardened: what would leave the volume, name no file, or overwrite another is refused by name", () => {
    expect(() => one('objectName: x, objectAlias: ".."', "False")).toThrow("path can not contain ../: x");
    expect(() => one("objectName: x, jmesPath: [{path: p, objectAlias: a/../../b}]", "False")).toThrow(
      "path can not contain ../: x",
    );
    expect(() => one('objectName: "a\\0b"')).toThrow("no file can be named for the object");
    expect(() => one("objectName: /", "False")).toThrow("no file can be named for the object: /");
    expect(() =>
      parse("- {objectName: a/b, objectType: ssmparameter}\n- {objectName: a_b, objectType: ssmparameter}"),
    ).toThrow("objects a/b and a_b would both be written to the file a_b");
  });
});

test("the last of ten thousand objects is read, too", () => {
  const list = Array.from({ length: 10_000 }, (_, index) => `- {objectName: s${index}, objectType: secretsmanager}`);
  expect(() => parse([...list, list[5000]].join("\n"))).toThrow("duplicate object name s5000");
});

test("aliases that would stand for millions of values are refused, and so is an anchor inside of itself", () => {
  const levels = [..."bcdefghi"].map((name, index) => {
    const nine = Array.from({ length: 9 }, () => `*${"abcdefgh"[index]}`);
    return `- &${name} [${nine.join(", ")}]`;
  });
  expect(() => parse(["- &a [x, x, x, x, x, x, x, x, x]", ...levels].join("\n"))).toThrow(
    "Failed to load SecretProviderClass: error converting YAML to JSON: yaml: document contains excessive aliasing",
  );
  expect(() => parse("- &a [*a]")).toThrow("yaml: anchor 'a' value contains itself");
});

import { expect, test } from "vitest";
import { GrpcError, type MountRequest } from "../kit/index.ts";
import { jsonKey, yamlKey } from "./extract.ts";
import { parseParameters } from "./parameters.ts";
import { resourceOf } from "./resource.ts";

const request = (secrets: string): MountRequest => ({
  attributes: JSON.stringify({ secrets }),
  secrets: "{}",
  permission: "420",
  targetPath: "/t",
  currentVersions: new Map(),
});
const objectsOf = (secrets: string) => parseParameters(request(secrets), false).objects;

test("ten thousand objects are read in their order", () => {
  const name = (at: number): string => `projects/p/secrets/s${at}/versions/1`;
  const objects = objectsOf(
    Array.from({ length: 10_000 }, (_, at) => `- {resourceName: ${name(at)}, fileName: f${at}}\n`).join(""),
  );
  expect(objects.length).toBe(10_000);
  expect([objects[0]?.resourceName, objects[9999]?.fileName]).toEqual([name(0), "f9999"]);
}, 60_000);

test.each(["größe", "with space", "../up", "/absolute", "a/b", "nul\\0", "line\\nbreak"])(
  "a file name of %j comes as it stands",
  (name) => {
    const [object] = objectsOf(`- {resourceName: projects/p/secrets/s/versions/1, fileName: "${name}"}`);
    expect(object?.fileName).toBe(JSON.parse(`"${name.replace("\\0", "\\u0000")}"`));
  },
);

test.each([
  ["\t- a", "yaml:"],
  ["- {resourceName: [a]}", "cannot unmarshal !!seq into string"],
  ["- [a]", "cannot unmarshal !!seq into config.Secret"],
  ["- {mode: true}", "cannot unmarshal !!bool `true` into int32"],
])("%j is refused with INVALID_ARGUMENT and says why", (secrets, why) => {
  expect(() => objectsOf(secrets)).toThrow(GrpcError);
  expect(() => objectsOf(secrets)).toThrow(why);
});

test.each([
  "",
  "s",
  "projects//secrets/s/versions/1",
  "projects/p/secrets/s/versions/",
  "projects/p/secrets/a/b/versions/1",
])("%j is no resource", (name) => {
  expect(() => resourceOf(name)).toThrow("unknown resource type");
});

test("a document of a mebibyte gives its key, and binary is no JSON", () => {
  const large = "x".repeat(1024 * 1024);
  expect(jsonKey(Buffer.from(JSON.stringify({ k: large })), "k").length).toBe(large.length);
  expect(yamlKey(Buffer.from(`k: ${large}`), "k").length).toBe(large.length);
  expect(() => jsonKey(Buffer.from([0, 255, 128]), "k")).toThrow("Invalid JSON format for key extraction");
  expect(() => jsonKey(Buffer.from('{"__proto__": "x"}'), "constructor")).toThrow(
    "key 'constructor' not found in JSON",
  );
});

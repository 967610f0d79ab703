import { expect, test } from "vitest";
import { highestSupported, parseVersion, validatePlugin } from "./versions.ts";

const texts = (versions: string[]): string => {
  const highest = highestSupported(versions);
  return typeof highest === "string" ? highest : `v${highest.text}`;
};

// Accepted and refused by a real kubelet 1.34.4, with its words.
test.each([
  [["1.0.0"], "v1.0.0"],
  [["1.2.3"], "v1.2.3"],
  [["1.0.0", "2.0.0"], "v1.0.0"],
  [["0.1.0"], "highest supported version reported is 0.1.0, must be v1.x"],
  [["2.0.0"], "could not find a highest supported version from versions ([2.0.0]) reported: <nil>"],
  [["v1"], 'could not find a highest supported version from versions ([v1]) reported: illegal version string "v1"'],
  [
    ["abc"],
    'could not find a highest supported version from versions ([abc]) reported: could not parse "abc" as version',
  ],
  [[""], 'could not find a highest supported version from versions ([]) reported: could not parse "" as version'],
])("%j is %s", (versions, verdict) => {
  expect(texts(versions)).toBe(verdict);
});

test("a name is taken over by a higher version only", () => {
  const registered = parseVersion("1.0.0");
  if (typeof registered === "string") throw new Error(registered);
  const candidate = { name: "d", endpoint: "/e" };
  expect(validatePlugin({ ...candidate, versions: ["1.0.0"] }, registered)).toContain(
    "Another driver with the same name",
  );
  expect(validatePlugin({ ...candidate, versions: ["1.1.0"] }, registered)).toMatchObject({ text: "1.1.0" });
  expect(validatePlugin({ ...candidate, versions: [] }, undefined)).toContain("empty list");
});

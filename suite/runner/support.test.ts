import { expect, test } from "vitest";
import { plainBeginning } from "./support.ts";

test.each([
  ["the pod runs", "the pod runs"],
  ["the file {string} holds", "the file "],
  ["{int} minutes pass", ""],
  ["Vault was asked {int} time(s)", "Vault was asked "],
  ["one time(s) more", "one "],
  ["the mount/unmount succeeds", "the "],
  ["a \\\\{brace}", "a "],
  [/^the failure says "(.*)"$/, ""],
])("%s begins with %j", (pattern, beginning) => expect(plainBeginning(pattern)).toBe(beginning));

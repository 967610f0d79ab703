import { afterEach, expect, test, vi } from "vitest";
import { layoutOf } from "../../suite/index.ts";
import type { RunFlags } from "./flags.ts";
import type { RunOptions } from "./options.ts";
import { subjectsOf } from "./subjects.ts";

afterEach(() => vi.restoreAllMocks());

const subjects = () =>
  subjectsOf({ provider: `aws=${process.execPath}` } as RunFlags, {} as RunOptions, {}, layoutOf());

test("a store's provider as a program is run by root alone, and whoever is not is told why", () => {
  const uid = vi.spyOn(process as { getuid(): number }, "getuid").mockReturnValue(1000);
  expect(subjects).toThrow("which root may make, and this user has the number 1000");
  uid.mockReturnValue(0);
  expect(subjects()).toMatchObject([{ kind: "store-provider", store: "aws", path: process.execPath }]);
});

import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundle } from "./bundle.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-bundle-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the bundle where there is no checkout: what it needs is in its folder. */
async function run(part: string, ...flags: string[]): Promise<string> {
  const context = join(folder, part);
  await bundle(part, context);
  const { stdout } = await promisify(execFile)(process.execPath, [join(context, "main.mjs"), ...flags], {
    cwd: folder,
  });
  return stdout;
}

test("the driver's image holds the driver, which tells its version", { timeout: 60_000 }, async () => {
  expect(JSON.parse(await run("driver", "--version"))).toHaveProperty("BuildVersion");
  expect(await readdir(join(folder, "driver", "node_modules"))).toEqual(["@koromix", "koffi"]);
  // Without it secrets would lie in plain directories.
  const load =
    'import("koffi").then(({ default: koffi }) => console.log(typeof koffi.load(null).func("int getpid()")()))';
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", load], { cwd: join(folder, "driver") });
  expect(stdout).toBe("number\n");
});

test("a provider's image holds no other part's", { timeout: 60_000 }, async () => {
  expect(await run("provider-vault", "--help")).toContain("usage: mountproof provider vault");
  expect(await readdir(join(folder, "provider-vault"))).not.toContain("node_modules");
});

test("there is no image of what is no part", async () => {
  await expect(bundle("provider-mainframe", folder)).rejects.toThrow('there is no part "provider-mainframe"');
});

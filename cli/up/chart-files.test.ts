import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { oracle } from "../../suite/oracle.ts";
import { chartFiles, chartIgnoreOf } from "./chart-files.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "mp-chart-files-")), "shop");
  for (const name of FILES) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), name === "Chart.yaml" ? "apiVersion: v2\nname: shop\nversion: 1.0.0\n" : "");
  }
});
afterEach(() => rm(dirname(folder), { recursive: true, force: true }));

const FILES = [
  "Chart.yaml",
  "values.yaml",
  ".gitignore",
  "README.md",
  "a.tmp",
  "b-1.txt",
  "templates/.hidden",
  "templates/shop.yaml",
  "templates/old.tmp",
  "files/deep/a.tmp",
  "files/b-2.txt",
  "files/Makefile",
  "test/unit/shop.bats",
  "scripts/test/x",
  "scripts/run",
];

const packed = async (rules: string): Promise<string[]> => {
  await writeFile(join(folder, ".helmignore"), rules);
  return await chartFiles(folder, await chartIgnoreOf(folder));
};
const leftOut = async (rules: string): Promise<string[]> => {
  const kept = await packed(rules);
  return FILES.filter((name) => !kept.includes(name) && name !== "templates/.hidden");
};

const CASES: readonly [rules: string, leftOut: readonly string[]][] = [
  ["", []],
  ["# a comment\n\n  \n", []],
  ["*.tmp", ["a.tmp", "templates/old.tmp", "files/deep/a.tmp"]],
  ["/*.tmp", ["a.tmp"]],
  ["files/*.txt", ["files/b-2.txt"]],
  ["test/", ["test/unit/shop.bats", "scripts/test/x"]],
  ["/test/", ["test/unit/shop.bats"]],
  ["Makefile/", []],
  ["b-[0-1].*\r\n.git*", [".gitignore", "b-1.txt"]],
  ["b-[^1].txt", ["files/b-2.txt"]],
  ["?un\nREADME\\.md", ["README.md", "scripts/run"]],
  ["files/deep", ["files/deep/a.tmp"]],
  ["!*.yaml", FILES.filter((name) => !/^[^/]*\.yaml$/.test(name) && name !== "templates/.hidden")],
];

test.each(CASES)("the rules %j leave out %j", async (rules, expected) => {
  expect(await leftOut(rules)).toEqual(expected);
});

const helm = await oracle("helm");
test.skipIf(helm.path === undefined).each(CASES)("helm package agrees: %j", async (rules) => {
  const ours = await packed(rules);
  const run = promisify(execFile);
  await run(helm.path ?? "", ["package", folder, "--destination", dirname(folder)]);
  const { stdout } = await run("tar", ["tzf", join(dirname(folder), "shop-1.0.0.tgz")]);
  const theirs = stdout
    .trim()
    .split("\n")
    .map((name) => name.replace("shop/", ""));
  expect(theirs.toSorted()).toEqual(ours.toSorted());
});

test.each([
  ["a\nfiles/**/x", '.helmignore line 2 "files/**/x": double-star (**) syntax is not supported'],
  ["[a", '.helmignore line 1 "[a": syntax error in pattern'],
  ["x[]", '.helmignore line 1 "x[]": syntax error in pattern'],
  ["[a-]", '.helmignore line 1 "[a-]": syntax error in pattern'],
  ["a\\", '.helmignore line 1 "a\\": syntax error in pattern'],
])("the rules %j are refused", async (rules, why) => {
  await expect(packed(rules)).rejects.toThrow(why);
});

test("links are followed, and a circle of them is refused", async () => {
  await symlink("b-1.txt", join(folder, "linked.txt"));
  await symlink("../files", join(folder, "scripts", "files"));
  expect(await packed("")).toEqual(expect.arrayContaining(["linked.txt", "scripts/files/b-2.txt"]));
  await symlink("..", join(folder, "files", "up"));
  await expect(packed("")).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining("links back to a folder that holds it"),
  });
});

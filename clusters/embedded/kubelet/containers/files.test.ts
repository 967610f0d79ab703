import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ContainerFiles } from "./files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-files-"));
  await mkdir(join(folder, "vol", "..v1", "sub"), { recursive: true });
  await writeFile(join(folder, "vol", "..v1", "key"), "value", { mode: 0o600 });
  await writeFile(join(folder, "vol", "..v1", "sub", "deep"), "deep");
  await symlink("..v1", join(folder, "vol", "..data"));
  await symlink("..data/key", join(folder, "vol", "key"));
  await symlink("..data/sub", join(folder, "vol", "sub"));
  await mkdir(join(folder, "other"));
  await writeFile(join(folder, "other", "file"), "other");
});
afterEach(() => rm(folder, { recursive: true }));

function files(): ContainerFiles {
  const mount = { readOnly: false, clone: undefined };
  return new ContainerFiles([
    { ...mount, mountPath: "/mnt/v", path: join(folder, "vol"), source: join(folder, "vol") },
    { ...mount, mountPath: "/mnt/other/", path: join(folder, "other"), source: join(folder, "other") },
  ]);
}
const seen = async (path: string): Promise<string[] | undefined> =>
  (await files().read(path))?.map((file) => `${file.path} ${file.mode.toString(8)} ${file.content}`);

test("links are followed, and the atomic writer's folders show nothing twice", async () => {
  expect(await seen("/mnt/v")).toEqual(["/mnt/v/key 600 value", "/mnt/v/sub/deep 644 deep"]);
  expect(await seen("/mnt/v/sub/")).toEqual(["/mnt/v/..v1/sub/deep 644 deep"]);
  expect(await seen("/mnt/v/key")).toEqual(["/mnt/v/..v1/key 600 value"]);
});

test("a link sees the container's world, not the node's", async () => {
  await symlink("/mnt/other/file", join(folder, "vol", "absolute"));
  await symlink(join(folder, "other", "file"), join(folder, "vol", "escape"));
  await symlink("../other/file", join(folder, "vol", "sibling"));
  await symlink("loop", join(folder, "vol", "loop"));
  expect(await seen("/mnt/v/absolute")).toEqual(["/mnt/other/file 644 other"]);
  expect(await seen("/mnt/v/sibling")).toEqual(["/mnt/other/file 644 other"]);
  expect(await seen("/mnt/v/escape")).toBeUndefined();
  expect(await seen("/mnt/v/loop")).toBeUndefined();
});

test("above the mounts their files show, elsewhere is nothing", async () => {
  expect((await seen("/mnt"))?.length).toBe(3);
  expect(await seen("/etc")).toBeUndefined();
  expect(await seen("/mnt/v/none")).toBeUndefined();
});

import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolders } from "./index.ts";

describe("folders that a user names", () => {
  let base = "";
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "folders-"));
  });
  afterEach(async () => await rm(base, { recursive: true, force: true }));

  it("are made with those above them, and left alone where they stand", async () => {
    const path = join(base, "a", "b", "c");
    await makeFolders(path);
    await writeFile(join(path, "kept"), "");
    await makeFolders(path);
    expect((await stat(join(path, "kept"))).isFile()).toBe(true);
  });

  it("may be made by several at once", async () => {
    await Promise.all(Array.from({ length: 20 }, () => makeFolders(join(base, "a", "b", "c"))));
    expect((await stat(join(base, "a", "b", "c"))).isDirectory()).toBe(true);
  });

  it("are refused where a file stands, and where nothing can be made", async () => {
    const file = join(base, "file");
    await writeFile(file, "");
    await expect(makeFolders(file)).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolders(join(file, "below"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolders("/proc/none/below")).rejects.toThrow("/proc/none");
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { briefFolder } from "./memory-folder.ts";

/** May be written to; what is mounted there is what each test's table says. */
const memory = mkdtempSync(join(tmpdir(), "mp-memory-"));
afterAll(() => rmSync(memory, { recursive: true }));
const GOOD = "tmpfs AT tmpfs rw,nosuid,nodev 0 0";

function briefFolderOf(table: string, at = memory, env = {}): string {
  return briefFolder({ env, memory: at, mounts: () => `${table.replaceAll("AT", at)}\n` });
}

describe("a run's folders", () => {
  test("are in memory where there is some that may be used", () => {
    expect(briefFolderOf(GOOD)).toBe(memory);
  });

  test.each([
    ["programs may not run in it", "tmpfs AT tmpfs rw,nosuid,noexec 0 0"],
    ["it may not be written to", "tmpfs AT tmpfs ro 0 0"],
    ["it is a disk", "/dev/vda AT ext4 rw 0 0"],
    ["something else was mounted over it", "tmpfs AT tmpfs rw 0 0\n/dev/vda AT ext4 rw 0 0"],
    ["nothing is mounted there", "proc /elsewhere proc rw 0 0"],
  ])("are where temporary files go when %s", (_, table) => {
    expect(briefFolderOf(table)).toBe(tmpdir());
  });

  test("are where temporary files go when it is not there, or has no room", () => {
    expect(briefFolderOf(GOOD, join(memory, "not-there"))).toBe(tmpdir());
    expect(briefFolderOf(GOOD, "/proc")).toBe(tmpdir());
  });

  test("are where TMPDIR says, whatever there is", () => {
    expect(briefFolderOf(GOOD, memory, { TMPDIR: tmpdir() })).toBe(tmpdir());
  });
});

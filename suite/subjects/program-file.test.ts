import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { programPath } from "./program-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-program-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Buffer, mode = 0o755): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

/** The first bytes of a 64-bit little-endian executable for a machine. */
function elf(machine: number): Buffer {
  const header = Buffer.alloc(64);
  Buffer.from("7f454c46020101", "hex").copy(header);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  return header;
}

describe("a program that a flag names", () => {
  test("is its absolute path", async () => {
    const path = await file("good", "#!/bin/sh\n");
    expect(programPath(path, "driver")).toBe(path);
  });

  test("is not there, is a folder, or may not be executed: each is told", async () => {
    expect(() => programPath(join(folder, "none"), "driver")).toThrow(/the driver ".*none" is not there/);
    await mkdir(join(folder, "sub"));
    expect(() => programPath(join(folder, "sub"), "driver")).toThrow(/is no file/);
    const plain = await file("plain", "#!/bin/sh\n", 0o644);
    expect(() => programPath(plain, "driver")).toThrow(/may not be executed/);
  });

  test.runIf(process.platform === "linux")("is for another machine: that one is named", async () => {
    const other = process.arch === "arm64" ? 62 : 183;
    const wrong = await file("other", elf(other));
    expect(() => programPath(wrong, "provider vault")).toThrow(
      new RegExp(`is built for ${other === 62 ? "x64" : "arm64"}, and this machine is ${process.arch}`),
    );
    expect(() => programPath(wrong, "driver")).toThrow(expect.objectContaining({ code: "environment" }));
    const windows = await file("driver.exe", Buffer.concat([Buffer.from("MZ"), Buffer.alloc(62)]));
    expect(() => programPath(windows, "driver")).toThrow(/is built for Windows/);
  });
});

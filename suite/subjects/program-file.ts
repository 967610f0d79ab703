import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { MountproofError } from "../../core/index.ts";

/**
 * The absolute path of a program that a flag or a variable names.
 * @param what `driver`, `provider vault`: how the error calls it
 * @throws MountproofError `environment` when nothing is there, nothing that may be executed, or a program of another
 * kind of machine
 */
export function programPath(path: string, what: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  const wrong = (why: string, hint: string, cause?: unknown): MountproofError =>
    new MountproofError("environment", { message: `the ${what} "${path}" ${why}`, hint, cause });
  if (file === undefined) throw wrong("is not there", "check the path");
  if (!file.isFile()) throw wrong("is no file", "name the program itself");
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw wrong("may not be executed", `make it executable: chmod +x ${path}`, cause);
  }
  const machine = foreignMachine(path, process.platform, process.arch);
  if (machine !== undefined)
    throw wrong(
      `is built for ${machine}, and this machine is ${process.arch}`,
      "build or fetch the one for this machine",
    );
  return resolve(path);
}

/** `e_machine` of an ELF header (elf(5)), in Node's names. */
const ELF_MACHINES: ReadonlyMap<number, string> = new Map([
  [3, "ia32"],
  [21, "ppc64"],
  [22, "s390x"],
  [40, "arm"],
  [62, "x64"],
  [183, "arm64"],
  [243, "riscv64"],
]);

/**
 * The machine that a binary is for when it is not this one; undefined where it is, or where that cannot be told. A
 * kernel says of such a file only that its format is wrong, and a shell then reads it as a script.
 */
function foreignMachine(path: string, platform: string, arch: string): string | undefined {
  const head = Buffer.alloc(20);
  let length = 0;
  try {
    const file = openSync(path, "r");
    length = readSync(file, head, 0, head.length, 0);
    closeSync(file);
  } catch {
    return undefined; // a program that may be executed need not be readable
  }
  if (platform !== "linux" || length < head.length || head.toString("latin1", 0, 4) !== "\x7fELF") {
    const isForeign = platform === "linux" && /^(MZ|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe)/.test(head.toString("latin1"));
    return isForeign ? (head.toString("latin1", 0, 2) === "MZ" ? "Windows" : "macOS") : undefined;
  }
  const code = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
  const machine = ELF_MACHINES.get(code) ?? `the ELF machine ${code}`;
  // A 64-bit x86 kernel runs 32-bit programs, too.
  return machine === arch || (arch === "x64" && machine === "ia32") ? undefined : machine;
}

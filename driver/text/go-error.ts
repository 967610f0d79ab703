import { getSystemErrorMap } from "node:util";

/** Where the C library's words, which Go prints, differ from libuv's. */
const LIBC_WORDS: Readonly<Record<string, string>> = {
  EEXIST: "file exists",
  EISDIR: "is a directory",
  EBUSY: "device or resource busy",
  ENAMETOOLONG: "file name too long",
  ENOTCONN: "transport endpoint is not connected",
  ELOOP: "too many levels of symbolic links",
  EIO: "input/output error",
  EXDEV: "invalid cross-device link",
  ENFILE: "too many open files in system",
  ETXTBSY: "text file busy",
  EDQUOT: "disk quota exceeded",
  ESTALE: "stale file handle",
};

/** Go names the operation by what it calls, Node by what libuv does. */
const GO_OPERATIONS: Readonly<Record<string, string>> = {
  scandir: "open",
  opendir: "open",
  rm: "unlinkat",
  unlink: "unlinkat",
  rmdir: "remove",
  lstat: "lstat",
  chmod: "chmod",
};

export function isErrnoError(error: unknown): error is NodeJS.ErrnoException & { readonly dest?: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string";
}

/** `ENOTDIR` → `not a directory` */
export function errnoWords(code: string): string {
  const words = LIBC_WORDS[code];
  if (words !== undefined) return words;
  for (const [name, text] of getSystemErrorMap().values()) if (name === code) return text;
  return code;
}

/**
 * A file system error as Go's PathError and LinkError print it: `open /a/b: is a directory`. The real driver's
 * errors read so, and people search for them.
 */
export function goErrorText(error: unknown): string {
  if (!isErrnoError(error) || error.syscall === undefined)
    return error instanceof Error ? error.message : String(error);
  const operation = GO_OPERATIONS[error.syscall] ?? error.syscall;
  const paths = [error.path, error.dest].filter((path) => path !== undefined).join(" ");
  return `${operation}${paths === "" ? "" : ` ${paths}`}: ${errnoWords(error.code ?? "")}`;
}

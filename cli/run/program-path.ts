import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import { MountproofError } from "../../core/index.ts";

/**
 * The absolute path of a program that a flag names.
 * @param what `driver`, `provider vault`: how the error calls it
 * @throws MountproofError `environment` when nothing is there, or nothing that may be executed
 */
export function programPath(path: string, what: string): string {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined)
    throw new MountproofError("environment", { message: `the ${what} "${path}" is not there`, hint: "check the path" });
  if (!file.isFile())
    throw new MountproofError("environment", {
      message: `the ${what} "${path}" is no file`,
      hint: "name the program itself",
    });
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new MountproofError("environment", {
      message: `the ${what} "${path}" may not be executed`,
      hint: `make it executable: chmod +x ${path}`,
      cause,
    });
  }
  return resolve(path);
}

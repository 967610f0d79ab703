import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scope } from "../core/index.ts";

/** Gone with the scope. */
export function temporaryFolder(scope: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), "mp-bench-"));
  scope.defer("folder", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

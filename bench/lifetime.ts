import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scope } from "../core/index.ts";
import { Lifeline } from "../suite/lifeline.ts";

// What a bench makes and starts goes with its process, however that ends: a bench is often cut short, and an API
// server or a store left running would be measured along with the next one.
const root = mkdtempSync(join(tmpdir(), "mountproof-bench-"));
const lifeline = new Lifeline(root);

/** Told of the process groups that must not outlive the bench. */
export const processGroups: Pick<Lifeline, "watch" | "forget"> = lifeline;

/** Gone with the scope. */
export function temporaryFolder(scope: Scope): string {
  const folder = mkdtempSync(join(root, "part-"));
  scope.defer("folder", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program started as the leader of a process group (`detached`): killed when the bench has ended without doing so. */
export function bound<Child extends ChildProcess>(child: Child): Child {
  const { pid } = child;
  if (pid !== undefined) {
    lifeline.watch(pid);
    child.once("exit", () => lifeline.forget(pid));
  }
  return child;
}

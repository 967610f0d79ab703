import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { SerializedError } from "vitest";
import type { Reporter, TestModule, TestSuite } from "vitest/node";

/** What became of the unit tests; `remarks` name each that failed, with its errors, and each that was skipped. */
export type UnitCounts = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly remarks: readonly string[];
};

/** Where the reporter writes its `UnitCounts` as JSON. */
export const UNIT_COUNTS_FILE = "MOUNTPROOF_UNIT_COUNTS";

type Errors = readonly Pick<SerializedError, "message" | "stack">[];
/** The errors with the places in our own files, a line break before each. */
function textOf(errors: Errors): string {
  const text = errors.map(({ message, stack = "" }) => `\n${stack.includes(message) ? stack : `${message}\n${stack}`}`);
  const lines = text.join("").split("\n");
  return lines.filter((line) => !/^ +at .*(node:|node_modules\/)/.test(line)).join("\n");
}

/**
 * Vitest's own JSON counts no failure of a file that does not load, of a preparation or a clean-up, or of an error that
 * nobody waited for, and has no text for some of them: each is a failure here, and is named.
 */
export default class UnitReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0;
    const failures: string[] = [];
    const skips: string[] = [];
    const fails = (name: string, errors: Errors): void => void failures.push(`FAILED ${name}${textOf(errors)}`);
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      for (const part of [module, ...module.children.allSuites()] as readonly (TestModule | TestSuite)[])
        if (part.errors().length > 0)
          fails(`${file}${part.type === "suite" ? ` > ${part.fullName}` : ""}`, part.errors());
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${file} > ${test.fullName}`;
        if (result.state === "passed") passed++;
        else if (result.state === "failed") fails(name, result.errors);
        else skips.push(`skipped ${name}${result.state === "skipped" && result.note ? `: ${result.note}` : ""}`);
      }
    }
    for (const error of unhandled) fails("an error that no test waited for", [error]);
    const counts: UnitCounts = {
      passed,
      failed: failures.length,
      skipped: skips.length,
      remarks: [...skips, ...failures].map(stripVTControlCharacters),
    };
    const path = process.env[UNIT_COUNTS_FILE];
    if (path !== undefined) writeFileSync(path, JSON.stringify(counts));
  }
}

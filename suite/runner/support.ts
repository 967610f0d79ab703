import { join } from "node:path";
import { Writable } from "node:stream";
import { type ILoadSupportOptions, type ISupportCodeLibrary, loadSupport } from "@cucumber/cucumber/api";
import { MountproofError, messageOf } from "../../core/index.ts";
import { type Layout, supportPaths } from "../layout.ts";
import { profileOf } from "../profiles.ts";
import { matchingFast } from "./step-matching.ts";

/**
 * The step definitions that a run needs. Node imports a module once, and it registers its steps then: a process
 * loads support code for one run, or hands the library on.
 */
export async function loadSteps(layout: Layout, profiles: readonly string[]): Promise<ISupportCodeLibrary> {
  const steps = [...new Set(profiles.flatMap((id) => profileOf(id)?.steps ?? []))];
  const options: ILoadSupportOptions = {
    sources: sourcesOf([], "", "defined"),
    support: { importPaths: supportPaths(layout, steps) },
  };
  try {
    const library = await loadSupport(options, quietEnvironment(layout));
    // Whoever runs with a loaded library has the paths looked up once more, each time; one is found fast.
    const importPaths = [join(layout.code, "features", `world${layout.extension}`)];
    const originalCoordinates = { ...library.originalCoordinates, importPaths };
    return matchingFast(Object.assign(library, { originalCoordinates }));
  } catch (cause) {
    throw new MountproofError("internal", {
      message: `the step definitions cannot be loaded: ${messageOf(cause)}`,
      cause,
    });
  }
}

export function sourcesOf(
  paths: readonly string[],
  tagExpression: string,
  order: ILoadSupportOptions["sources"]["order"],
): ILoadSupportOptions["sources"] {
  return { defaultDialect: "en", paths: [...paths], names: [], tagExpression, order };
}

/** Cucumber's own formatters have nothing to say here: all output comes from the messages. */
export function quietEnvironment(layout: Layout, complaints: string[] = []) {
  return {
    cwd: layout.root,
    env: {},
    stdout: new Writable({ write: (_chunk, _encoding, done) => done() }),
    stderr: new Writable({
      write: (chunk, _encoding, done) => {
        complaints.push(String(chunk).trim());
        done();
      },
    }),
  };
}

import { Writable } from "node:stream";
import { type ILoadSupportOptions, type ISupportCodeLibrary, loadSupport } from "@cucumber/cucumber/api";
import { MountproofError, messageOf } from "../../core/index.ts";
import { type Layout, supportPaths } from "../layout.ts";
import { profileOf } from "../profiles.ts";

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
    return matchingByPrefix(await loadSupport(options, quietEnvironment(layout)));
  } catch (cause) {
    throw new MountproofError("internal", {
      message: `the step definitions cannot be loaded: ${messageOf(cause)}`,
      cause,
    });
  }
}

/**
 * Cucumber tries each step against every definition, some hundred regular expressions with their groups located. A
 * definition that begins with plain words is tried only where the step begins with them. The list is no part of
 * cucumber's published types: where it is not there, nothing is saved and nothing is lost.
 */
function matchingByPrefix(library: ISupportCodeLibrary): ISupportCodeLibrary {
  const { stepDefinitions = [] } = library as unknown as { readonly stepDefinitions?: readonly Definition[] };
  for (const definition of stepDefinitions) {
    const prefix = plainBeginning(definition.pattern);
    const matches = definition.matchesStepName.bind(definition);
    definition.matchesStepName = (name) => name.startsWith(prefix) && matches(name);
  }
  return library;
}

type Definition = { readonly pattern: string | RegExp; matchesStepName(name: string): boolean };

/** The words of a cucumber expression before anything in it that stands for more than itself. */
export function plainBeginning(pattern: string | RegExp): string {
  if (typeof pattern !== "string") return "";
  const special = pattern.search(/[{(/\\]/);
  if (special < 0) return pattern;
  // Of "a/b" either may stand there: the word before a slash is no certain beginning.
  return pattern.slice(0, special).replace(/\S*$/, "");
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

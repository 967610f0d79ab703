import type { ISupportCodeLibrary } from "@cucumber/cucumber/api";

/**
 * Cucumber tries each step against every definition, some hundred regular expressions, and locates the groups of the
 * one that fits by a regular expression that it derives anew each time. Here a definition that begins with plain words
 * is tried only where the step begins with them, and Node's own `d` flag locates groups. None of this is part of
 * cucumber's published types: where it is not there, nothing is saved and nothing is lost.
 */
export function matchingFast(library: ISupportCodeLibrary): ISupportCodeLibrary {
  const { stepDefinitions = [] } = library as unknown as { readonly stepDefinitions?: readonly Definition[] };
  for (const definition of stepDefinitions) {
    const prefix = plainBeginning(definition.pattern);
    const matches = quickTest(definition.expression?.treeRegexp) ?? definition.matchesStepName.bind(definition);
    definition.matchesStepName = (name) => name.startsWith(prefix) && matches(name);
  }
  return library;
}

type Definition = {
  readonly pattern: string | RegExp;
  readonly expression?: { readonly treeRegexp?: TreeRegexp };
  matchesStepName(name: string): boolean;
};

type TreeRegexp = {
  readonly regexp?: unknown;
  readonly groupBuilder?: { build(match: RegExpExecArray, nextGroup: () => number): unknown };
  match?(text: string): unknown;
};

function quickTest(tree: TreeRegexp | undefined): ((name: string) => boolean) | undefined {
  const { regexp, groupBuilder } = tree ?? {};
  // One that remembers where it stopped would answer differently the second time.
  if (tree === undefined || !(regexp instanceof RegExp) || regexp.global || regexp.sticky) return undefined;
  if (typeof tree.match === "function" && typeof groupBuilder?.build === "function") {
    const located = regexp.hasIndices ? regexp : new RegExp(regexp.source, `${regexp.flags}d`);
    tree.match = (text) => {
      const match = located.exec(text);
      let group = 0;
      return match === null ? null : groupBuilder.build(match, () => group++);
    };
  }
  return (name) => regexp.test(name);
}

/** The words of a cucumber expression before anything in it that stands for more than itself. */
export function plainBeginning(pattern: string | RegExp): string {
  if (typeof pattern !== "string") return "";
  const special = pattern.search(/[{(/\\]/);
  if (special < 0) return pattern;
  // Of "a/b" either may stand there: the word before a slash is no certain beginning.
  return pattern.slice(0, special).replace(/\S*$/, "");
}

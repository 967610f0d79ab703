import type { Envelope, GherkinDocument, Pickle } from "@cucumber/messages";

/**
 * Cucumber announces a feature file anew with every part of a run that has a case in it: its source, its syntax tree
 * under new ids, and a pickle for each of its scenarios, whether it runs or not. Here each file is told once, and each
 * pickle that runs; what names a node of a later tree is led to the first one.
 */
export class CompactMessages {
  readonly #write: (envelope: Envelope) => void;
  readonly #sources = new Set<string>();
  /** By file: the ids of its tree's nodes, in their order. */
  readonly #trees = new Map<string, readonly string[]>();
  /** Ids of later trees, as the first one calls the same nodes. */
  readonly #first = new Map<string, string>();
  readonly #pickles = new Map<string, Pickle>();

  constructor(write: (envelope: Envelope) => void) {
    this.#write = write;
  }

  take(envelope: Envelope): void {
    const { source, gherkinDocument, pickle, testCase } = envelope;
    if (source !== undefined) {
      if (this.#sources.has(source.uri)) return;
      this.#sources.add(source.uri);
    }
    if (gherkinDocument !== undefined && this.#isKnown(gherkinDocument)) return;
    if (pickle !== undefined) {
      this.#pickles.set(pickle.id, pickle);
      return;
    }
    const planned = this.#pickles.get(testCase?.pickleId ?? "");
    if (planned !== undefined) {
      this.#pickles.delete(planned.id);
      this.#write({ pickle: this.#onFirstTree(planned) });
    }
    this.#write(envelope);
  }

  #isKnown(document: GherkinDocument): boolean {
    const ids = idsIn(document);
    const first = this.#trees.get(document.uri ?? "");
    if (first === undefined) this.#trees.set(document.uri ?? "", ids);
    // A file that was changed in the middle of a run has another tree, which is told as well.
    if (first === undefined || first.length !== ids.length) return false;
    for (const [at, id] of ids.entries()) this.#first.set(id, first[at] as string);
    return true;
  }

  #onFirstTree(pickle: Pickle): Pickle {
    const led = (id: string): string => this.#first.get(id) ?? id;
    return {
      ...pickle,
      astNodeIds: pickle.astNodeIds.map(led),
      steps: pickle.steps.map((step) => ({ ...step, astNodeIds: step.astNodeIds.map(led) })),
      tags: pickle.tags.map((tag) => ({ ...tag, astNodeId: led(tag.astNodeId) })),
    };
  }
}

/** Every `id` of a tree, as they come. */
function idsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(idsIn);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "id" && typeof value === "string" ? [value] : idsIn(value),
  );
}

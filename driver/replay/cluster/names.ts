import type { KubeObject } from "../../../kube/index.ts";
import { withoutTime } from "../shown.ts";

/** Names and UIDs as the recording writes them: `<uid:web>`, `<pod of dep1>`. */
export class Names {
  readonly #texts = new Map<string, string>();
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  learn(text: string | undefined, shown: string): void {
    if (text !== undefined && text !== "") this.#texts.set(text, shown);
  }

  /** The real text of a recorded one. */
  real(text: string): string {
    let real = text;
    for (const [known, shown] of this.#texts) real = real.replaceAll(shown, known);
    return real.replaceAll("<dir>", this.folder).replaceAll("<uid>", "00000000-0000-4000-8000-000000000000");
  }

  /** As the recording would write it; `target` is the path of the probe's own volume. */
  shown<T>(value: T, target: string | undefined): T {
    let text = withoutTime(JSON.stringify(value));
    if (target !== undefined) text = text.replaceAll(target, "<target>");
    text = text.replaceAll(this.folder, "<dir>");
    for (const [known, shown] of [...this.#texts].sort(([a], [b]) => b.length - a.length))
      text = text.replaceAll(known, shown);
    return JSON.parse(text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uid>")) as T;
  }
}

export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

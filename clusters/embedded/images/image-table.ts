import type { ImageEntry } from "./image-entry.ts";

/**
 * Reads an `images.yaml`. What reads it is loaded then: most clusters have no such file.
 * @throws MountproofError `invalid_config` naming the line that is wrong
 */
export async function parseImages(text: string, file: string): Promise<ImageEntry[]> {
  return await (await import("./images-file.ts")).readImages(text, file);
}

/** What images run. The first line that matches counts. */
export class ImageTable {
  readonly #entries: readonly (ImageEntry & { readonly pattern: RegExp })[];

  constructor(entries: readonly ImageEntry[]) {
    this.#entries = entries.map((entry) => ({ ...entry, pattern: patternOf(entry.image) }));
  }

  find(image: string): ImageEntry | undefined {
    const name = shortName(image);
    return this.#entries.find(({ pattern }) => pattern.test(name));
  }

  /** Why there is no such image; undefined where there is. */
  missing(image: string): string | undefined {
    if (this.find(image) !== undefined) return undefined;
    return `no line of images.yaml matches "${image}", and there is no registry to pull from; say what it runs by a line of your own: mountproof up --images images.yaml`;
  }
}

/** `docker.io/library/busybox` is called `busybox`. */
function shortName(image: string): string {
  return image.replace(/^(docker\.io|index\.docker\.io)\//, "").replace(/^library\//, "");
}

function patternOf(image: string): RegExp {
  const name = shortName(image);
  const isTagged = /[:@][^/]*$/.test(name);
  const text = name
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${text}${isTagged ? "" : "(?:[:@][^/]*)?"}$`);
}

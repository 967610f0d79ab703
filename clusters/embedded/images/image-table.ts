/** One line of `images.yaml`: which images, and what runs in their containers. */
export type ImageEntry = {
  /** The image's name as a pod writes it; `*` stands for any text. Without a tag all tags are meant. */
  readonly image: string;
  /** Runs until it is stopped, whatever command it is given. */
  readonly pause?: boolean | undefined;
  /** A part of this project: `driver`, `provider-vault`, `http-echo`, … */
  readonly part?: string | undefined;
  /** What the image runs when the pod gives no `command` (an image's entrypoint). */
  readonly command?: readonly string[] | undefined;
  /** What it is given when the pod gives no `args` (an image's cmd). */
  readonly args?: readonly string[] | undefined;
};

/**
 * Reads an `images.yaml`. What reads it is loaded then: most clusters have no such file.
 * @throws MountproofError `invalid_config` naming the line that is wrong
 */
export async function parseImages(text: string, file: string): Promise<ImageEntry[]> {
  return (await import("./images-file.ts")).readImages(text, file);
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

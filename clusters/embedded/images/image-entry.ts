import type { ImageUser } from "../kubelet/index.ts";

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
  /** Files and folders of this machine that the image has besides, by their paths in it. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Whom its processes are when the pod does not say; root when left out. */
  readonly user?: ImageUser | undefined;
};

import { access } from "node:fs/promises";
import { dirname, isAbsolute, normalize, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { MountproofError } from "../../../core/index.ts";
import type { ImageUser } from "../kubelet/index.ts";
import type { ImageEntry } from "./image-entry.ts";

/** As a Dockerfile's USER has it, in numbers: kubelet can tell of no other that it is not root. */
const User = z
  .union([z.int().nonnegative(), z.string()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,10}(:\d{1,10})?$/, 'expected a user\'s number, or "USER:GROUP" in numbers'))
  .transform((text): ImageUser => {
    const [uid = 0, gid] = text.split(":").map(Number);
    return { uid, ...(gid !== undefined && { gid }) };
  });
const InImage = z
  .string()
  .refine((path) => isAbsolute(path) && path !== "/" && normalize(path) === path && !path.endsWith("/"), {
    error: "expected an absolute path in the image, such as /usr/local/bin/tool",
  });
const Entry = z
  .strictObject({
    image: z.string().min(1),
    pause: z.boolean().optional(),
    part: z.string().optional(),
    command: z.array(z.string()).min(1).optional(),
    args: z.array(z.string()).optional(),
    files: z.record(InImage, z.string().min(1)).optional(),
    user: User.optional(),
  })
  .refine(({ part, files }) => part === undefined || files === undefined, {
    path: ["files"],
    error: "a part of this project has no root to lay files into",
  });
const File = z.strictObject({ images: z.array(Entry) });

/** @see parseImages */
export async function readImages(text: string, file: string): Promise<ImageEntry[]> {
  const refuse = (why: string, cause?: unknown): MountproofError =>
    new MountproofError("invalid_config", {
      message: `"${file}" is no table of images: ${why}`,
      hint: 'one line is {image: "myapp:*", command: [node, server.js]}, or pause: true, or part: http-echo; files: {/in/image: ./here} lays files into it',
      culprit: { file },
      cause,
    });
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw refuse((cause as Error).message, cause);
  }
  const read = File.safeParse(content);
  if (!read.success) {
    const [issue] = read.error.issues;
    // Of a key that is wrong the reason lies one deeper.
    const reason = issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message;
    throw refuse(`${issue?.path.join(".") ?? ""}: ${reason ?? ""}`);
  }
  const found: ImageEntry[] = [];
  for (const [at, { files, ...entry }] of read.data.images.entries()) {
    if (files === undefined) {
      found.push(entry);
      continue;
    }
    const laid: Record<string, string> = {};
    for (const [path, source] of Object.entries(files)) {
      // By the table's own folder: a table and its scripts move together.
      const here = resolve(dirname(file), source);
      await access(here).catch((cause: NodeJS.ErrnoException) => {
        throw refuse(`images.${at}.files.${path}: "${here}" cannot be read: ${cause.code ?? cause.message}`, cause);
      });
      laid[path] = here;
    }
    found.push({ ...entry, files: laid });
  }
  return found;
}

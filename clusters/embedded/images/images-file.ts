import { parse } from "yaml";
import { z } from "zod";
import { MountproofError } from "../../../core/index.ts";
import type { ImageEntry } from "./image-entry.ts";

const Entry = z.strictObject({
  image: z.string().min(1),
  pause: z.boolean().optional(),
  part: z.string().optional(),
  command: z.array(z.string()).min(1).optional(),
  args: z.array(z.string()).optional(),
});
const File = z.strictObject({ images: z.array(Entry) });

/** @see parseImages */
export function readImages(text: string, file: string): ImageEntry[] {
  const refuse = (why: string, cause?: unknown): MountproofError =>
    new MountproofError("invalid_config", {
      message: `"${file}" is no table of images: ${why}`,
      hint: 'one line is {image: "myapp:*", command: [node, server.js]}, or pause: true, or part: http-echo',
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
  if (read.success) return read.data.images;
  const [issue] = read.error.issues;
  throw refuse(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

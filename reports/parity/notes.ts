import { parse } from "yaml";
import { z } from "zod";

const NotesSchema = z.array(
  z.strictObject({
    case: z.string().min(1),
    right: z.enum(["reference", "other", "both"]),
    why: z.string().min(1),
  }),
);

/** What people found out about a difference: which side is right, and why. */
export type ParityNote = z.infer<typeof NotesSchema>[number];

/**
 * Reads notes: a YAML list of `case` (an id), `right` (reference, other, or both where the case allows either) and
 * `why`.
 * @throws Error naming the entry and what is wrong with it
 */
export function parseParityNotes(text: string): ParityNote[] {
  const result = NotesSchema.safeParse(parse(text) ?? []);
  if (!result.success)
    throw new Error(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  return result.data;
}

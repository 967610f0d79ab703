import { randomBytes } from "node:crypto";
import type { DataTable } from "@cucumber/cucumber";
import type { Reply } from "../../../wire/scripted-provider.ts";

type File = {
  readonly path: string;
  readonly text?: string;
  readonly content?: Uint8Array;
  readonly mode?: string;
  readonly id?: string;
  readonly version?: string;
};

/** Random contents by their description, so that what was sent can be compared with what arrived. */
export type Contents = { readonly contents: Map<string, Buffer> };

/** A provider's answer with these files: modes in octal, one version for all that name none. */
export function answerWith(files: readonly File[]): Reply {
  const versions = files.filter(({ id }) => id !== undefined && id !== "");
  return {
    files: files.map(({ path, text = "", content, mode }) => ({
      path,
      mode: mode === undefined ? 0o644 : mode === "" ? 0 : Number.parseInt(mode, 8),
      contents: content ?? Buffer.from(text),
    })),
    objectVersion:
      versions.length > 0
        ? versions.map(({ id = "", version = "" }) => ({ id, version }))
        : [{ id: "a", version: files.map(({ text = "" }) => text.slice(0, 8)).join("-") || "1" }],
  };
}

export function fileRows(table: DataTable, contents: Contents): File[] {
  return table.hashes().map((row) => ({
    path: pathOf(row["path"] ?? ""),
    mode: row["mode"] ?? "0644",
    content: contentOf(row["content"] ?? "", contents),
    text: row["content"] ?? "",
    ...(row["id"] !== undefined && { id: row["id"] }),
    ...(row["version"] !== undefined && { version: row["version"] }),
  }));
}

/** `1 MiB of random bytes`, `300 random bytes`, or the text itself. */
export function contentOf(text: string, { contents }: Contents): Buffer {
  const match = /^(\d+) (MiB of )?random bytes$/.exec(text);
  if (match === null) return Buffer.from(text);
  const known = contents.get(text) ?? randomBytes(Number(match[1]) * (match[2] === undefined ? 1 : 1024 * 1024));
  contents.set(text, known);
  return known;
}

/** A path as an example describes it. */
export function pathOf(what: string): string {
  const length = /^a (?:name|path) of (\d+) bytes$/.exec(what)?.[1];
  if (length !== undefined && what.startsWith("a name")) return "n".repeat(Number(length));
  if (length !== undefined)
    return "d/"
      .repeat(Number(length) / 2)
      .slice(0, Number(length) - 1)
      .padEnd(Number(length), "f");
  if (what === "an empty path") return "";
  if (what === "an absolute path") return "/etc/passwd";
  return what.replace(/^"(.*)"$/, "$1");
}

import { isAbsolute } from "node:path";
import type { Program } from "../kubelet/index.ts";
import type { Container } from "../kubelet/types.ts";
import type { ImageTable } from "./image-table.ts";

/** Does nothing until it is told to end; what is executed in the container finds one and the same file system. */
const IDLE = ["/bin/sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait; done"];

/**
 * What a container of an image runs. A pod's `command` replaces the image's, and its `args` the image's; a `command`
 * alone drops the image's `args`, as with a container engine.
 * @param containers simulated: commands are not run, but parts are
 * @returns undefined where what is built in is meant
 */
export function programOfImage(
  images: ImageTable,
  { image = "", command, args }: Container,
  containers: "simulated" | "processes" | undefined,
): Program | undefined {
  const entry = images.find(image);
  if (entry === undefined) return { startError: images.missing(image) ?? "" };
  if (entry.part !== undefined) return { part: entry.part };
  const files = Object.entries(entry.files ?? {}).map(([path, source]) => ({ path, source }));
  const laid = files.length > 0 ? { files } : {};
  if (entry.pause === true) return containers === "processes" ? { run: { command: IDLE, ...laid } } : {};
  if (containers !== "processes") return undefined;
  const isReplaced = command !== undefined && command.length > 0;
  const own = isReplaced ? [] : (entry.args ?? []);
  const words = [
    ...(isReplaced ? command : (entry.command ?? [])),
    ...(args !== undefined && args.length > 0 ? args : own),
  ];
  if (words.length === 0) return { startError: `no command specified: image "${image}" has none of its own` };
  // A program or script of an image's line is the image's own file: its container sees it wherever it lies.
  const expose = [...(entry.command ?? []), ...(entry.args ?? [])].filter(
    (word) => isAbsolute(word) && !files.some(({ path }) => word === path || word.startsWith(`${path}/`)),
  );
  return { run: { command: words, ...(expose.length > 0 && { expose }), ...laid } };
}

import type { Container } from "../types.ts";

/** A file or folder of this machine that an image has in its root, read-only. */
export type ImageFile = { readonly path: string; readonly source: string };

/** What a container runs as a process of this machine. */
export type HostCommand = {
  /** Instead of its own command and arguments. */
  readonly command?: readonly string[];
  /** Files and folders of this machine that belong to its image. */
  readonly expose?: readonly string[];
  /** What its image has besides, each at a path of its own. */
  readonly files?: readonly ImageFile[];
};

/** How a simulated container behaves. Left out: it runs until it is stopped, and stops at once with code 0. */
export type Program = {
  /** The process cannot be started at all. */
  readonly startError?: string;
  /** Ends by itself after so long. */
  readonly exitAfterMs?: number;
  readonly exitCode?: number;
  /** Takes so long to end when it is told to; longer than the grace period: it is killed. */
  readonly stopMs?: number;
  /** A real process instead: nothing of the above counts then. */
  readonly run?: HostCommand;
  /** A part of this project instead, by its name. */
  readonly part?: string;
};

/** `sleep 20` ends after 20 seconds, `true` and `false` at once; whatever else runs until it is stopped. */
export function builtInProgram({ command = [], args = [] }: Container): Program {
  const [name = "", argument = ""] = [...command, ...args];
  const program = name.slice(name.lastIndexOf("/") + 1);
  if (program === "true") return { exitAfterMs: 0, exitCode: 0 };
  if (program === "false") return { exitAfterMs: 0, exitCode: 1 };
  const duration = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(argument);
  if (program !== "sleep" || duration === null) return {};
  const unit = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 }[duration[2] ?? ""] ?? 1;
  return { exitAfterMs: Number(duration[1]) * unit * 1000 };
}

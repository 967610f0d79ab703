/** Recorded probes that are not played as mounts, and where they are held instead. */
export const NOT_MOUNTS: Readonly<Record<string, string>> = {
  "A01 Version": "the name and version are compared beside the mounts",
  "A57 SIGTERM": "a process: cli/parts.test.ts",
  "A57 start without cluster environment":
    "a process: cli/parts.test.ts; ours leaves no socket behind, the real one does",
};

/** Played, and not equal: why. */
export const DIFFERING: Readonly<Record<string, string>> = {};

/** Equal but for the words: why. */
export const OTHER_WORDS: Readonly<Record<string, string>> = {};

/** Probes of the real driver that are not played here, and why; by their names. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "CSI-18 unpublish a busy target": "needs a process that works inside a tmpfs",
  "CSI-18 unpublish it again": "follows the one before",
  "CSI-19 process start: endpoint without scheme": "a process and its exit: flags/flags.test.ts",
  "CSI-19 process start: endpoint http://": "a process and its exit: flags/flags.test.ts",
  "CSI-19 process start: --version": "a process and its exit: flags/flags.test.ts",
  "CSI-19 process start: metrics address in use by nobody, bad backend": "a process and its exit: flags/flags.test.ts",
  "SEC-08 the upstream role without the syncing role": "a question to the API server, not to the driver",
  "PC-16 20 concurrent publishes": "twenty calls at once, told in words",
  "PC-32 health check on, no provider used yet, 2.5 s": "no call: provider/provider.test.ts",
  "MNT-03 driver started with umask 077": "the umask of the whole test process would change",
  "MNT-08 readers loop during 40 updates": "forty calls and a reader, told in words",
};

/** Probes that are played and come out otherwise. */
export const DIFFERENT: Readonly<Record<string, string>> = {
  "PC-28 outer spaces of the flag are trimmed":
    "the flag as it was written down keeps a space after prov2, which is not trimmed; the recording's folder was found",
};

/** Played and equal in all but the words of the message. */
export const OTHER_WORDS: Readonly<Record<string, string>> = {};

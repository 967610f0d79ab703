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
  "MNT-03 driver started with umask 077": "the umask of the whole test process would change",
  "MNT-08 readers loop during 40 updates": "forty calls and a reader, told in words",
};

/** Probes that are played and come out otherwise. */
export const DIFFERENT: Readonly<Record<string, string>> = {
  "PC-28 outer spaces of the flag are trimmed":
    "the flag as it was written down keeps a space after prov2, which is not trimmed; the recording's folder was found",
};

/** Equal in all but the words of the message, where a marker stands for a mount. */
export const OTHER_WORDS_WITHOUT_MOUNTS: Readonly<Record<string, string>> = {
  "CSI-10 publish onto a plain file": "mount's own words",
};

/** Where `hardened` does otherwise than the real driver, on purpose: the quirk of `behaviour.ts` it leaves out. */
export const DIFFERENT_IN_HARDENED: Readonly<Record<string, string>> = {
  "CSI-01 GetPluginInfo": "the version is local-dev",
  "CSI-03 GetPluginCapabilities": "capabilities",
  "CSI-04 ControllerGetCapabilities": "capabilities",
  "CSI-07 NodeGetCapabilities": "capabilities",
  "B17 unpublish a target with an unclosed [": "B17",
  "CSI-01 GetPluginInfo, --drivername my.driver": "the version is local-dev",
  "AUT-03 SPC parameter of that name, no tokens from kubelet": "B14",
  ...DIFFERENT,
  "MNT-04 mode omitted": "B10",
  "B12 two volumes of one pod with the same SPC: second; one SPCPS, targetPath of the last": "B12",
  "MNT-10 only the modes change": "B10",
  "B7 file a becomes directory a/x": "B7",
  "B7 directory d becomes file d": "B7",
};

/** Refused by both, earlier and in other words by `hardened`. */
export const OTHER_WORDS_IN_HARDENED: Readonly<Record<string, string>> = {
  ...OTHER_WORDS_WITHOUT_MOUNTS,
  "B9 path both file and directory in one response (file first)": "B9",
  "B9 path both directory and file in one response (directory first)": "B9",
  'B6 path "." on first publish': "B6",
};

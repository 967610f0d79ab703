/** Probes of the real driver that are not played here, and why; by their names. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "SEC-08 the upstream role without the syncing role": "a question to the API server, not to the driver",
};

/** Probes that are played and come out otherwise. */
export const DIFFERENT: Readonly<Record<string, string>> = {
  "PC-28 outer spaces of the flag are trimmed":
    "the flag as it was written down keeps a space after prov2, which is not trimmed; the recording's folder was found",
  "ROT-03 two publishes of one volume at once (not serialised)":
    "one thread: the two writes cannot meet, the second finds its content there already",
};

/** Where a marker stands for a mount. */
export const DIFFERENT_WITHOUT_MOUNTS: Readonly<Record<string, string>> = {
  "CSI-18 unpublish a busy target": "nobody is busy in what is no mount",
  "CSI-18 unpublish with two mounts stacked": "markers do not stack",
};

/** Equal in all but the words of the message, where a marker stands for a mount. */
export const OTHER_WORDS_WITHOUT_MOUNTS: Readonly<Record<string, string>> = {
  "CSI-10 publish onto a plain file": "mount's own words",
};

/**
 * Where `hardened` does otherwise than the real driver, on purpose: the quirk of `behaviour.ts` it leaves out.
 * What is B18 here differs in the labels of a metric and in nothing else.
 */
export const DIFFERENT_IN_HARDENED: Readonly<Record<string, string>> = {
  ...DIFFERENT,
  ...DIFFERENT_WITHOUT_MOUNTS,
  "CSI-01 GetPluginInfo": "the version is local-dev",
  "CSI-01 GetPluginInfo, --drivername my.driver": "the version is local-dev",
  "CSI-03 GetPluginCapabilities": "capabilities",
  "CSI-04 ControllerGetCapabilities": "capabilities",
  "CSI-07 NodeGetCapabilities": "capabilities",
  "CSI-10 empty capability message is enough": "B18",
  "CSI-13 no pod name and uid in the context": "B18",
  "B17 unpublish a target with an unclosed [": "B17",
  "AUT-03 SPC parameter of that name, no tokens from kubelet": "B14",
  "PC-19 error.code E1 with files": "B18",
  "PC-26 no socket": "B18",
  "PC-27 name differs in case from the socket": "B18",
  "PC-27 provider name ../prov/scripted": "B18",
  "PC-27 provider name a b": "B18",
  "PC-27 provider name a.b": "B18",
  "PC-27 provider name a/b": "B18",
  "PC-27 provider name of 30 characters, no socket": "B18",
  "PC-27 provider name of 31 characters": "B18",
  "PC-27 provider name ünï": "B18",
  "PC-28 list entry with a leading space inside the flag": "B18",
  "PC-29 publish before the socket exists": "B18",
  "MNT-04 mode omitted": "B10",
  "MNT-10 only the modes change": "B10",
  "MNT-18 SPCPS write forbidden on first publish": "B18",
  "B7 directory d becomes file d": "B7",
  "B7 file a becomes directory a/x": "B7",
  "B12 two volumes of one pod with the same SPC: second; one SPCPS, targetPath of the last": "B12",
  "B13 pod+namespace+spc longer than 253": "B18: what was refused is refused by the recording's word, not by the name",
  "B13 nodeid longer than 63": "B18, likewise",
  "ROT-03 gate reads the target mtime": "B1: the last publish counts, not the folder's age",
  "ROT-05 republish, provider fails: error.code E9": "B18",
  "ROT-07 republish, SPC deleted": "partial-mask",
  "ROT-07 republish, SPC without provider": "partial-mask",
  "ROT-07 republish, SPC names a provider without socket: masked": "B18",
  "ROT-08 first publish with sync": "B2: owners at once; and the annotation that names the class",
  "ROT-08 new value and version": "B2, likewise",
  "ROT-10 Secret follows at the periodic reconcile": "B2, likewise",
  "ROT-10 content changes, version same: file at once, Secret not in 4 s":
    "B2: the Secret follows the files, not their versions",
  "ROT-12 dir exists unmounted and young": "B1",
  "ROT-12 mock provider with rotation on": "B15",
  "ROT-12 retry with the directory left in place (provider healthy)": "B1",
  'ROT-14 republish with path "."': "B6",
  "UPG-01 republish after restart, rotation on 1h": "B1: after a restart all is due",
  "UPG-06 republish again": "B8",
  "UPG-06 republish with ..data_tmp left behind": "B8",
  "UPG-07 next publish": "dead-mount",
  "UPG-07 target mounted but dead (stat fails)": "dead-mount",
  "UPG-07 target mounted, listing it fails": "dead-mount",
  "UPG-07 target mounted, not a directory": "dead-mount: it is detached, and the file below is no place to mount on",
  "UPG-08 publish again after that, rotation off: OK with nothing written": "B20",
  "UPG-11 no labels at all, republish": "B11",
  "B1 retry after the interval": "B1: nothing is left to do",
  "B1 retry within the interval": "B1",
  "B9 next good republish: are stray directories cleaned": "B9",
  "B9 republish with a file/directory clash": "B9",
  "8 metrics page after: publish, rotation, masked failure, bad unpublish, unpublish": "no labels of OpenTelemetry",
  "8 metrics page before any call": "no labels of OpenTelemetry",
};

/** Names of the above that more than one probe has. */
export const TWICE: Readonly<Record<string, number>> = {
  "UPG-06 republish with ..data_tmp left behind": 2,
  "UPG-07 next publish": 4,
  "UPG-07 target mounted but dead (stat fails)": 2,
  "UPG-07 target mounted, listing it fails": 2,
};

/** Refused by both, earlier and in other words by `hardened`. */
export const OTHER_WORDS_IN_HARDENED: Readonly<Record<string, string>> = {
  ...OTHER_WORDS_WITHOUT_MOUNTS,
  "B9 path both file and directory in one response (file first)": "B9",
  "B9 path both directory and file in one response (directory first)": "B9",
  'B6 path "." on first publish': "B6",
};

/** How the driver behaves: as it should, or as a release of the real one does (design, rule 7). */
export const BEHAVIOURS = ["hardened", "upstream-1.6", "upstream-1.5"] as const;

export type Behaviour = (typeof BEHAVIOURS)[number];

/**
 * What the real driver does and `hardened` does not; the ids of the driver's specification, §12, and names where
 * it has none. Each is also a defect that tests can switch on by itself (see `defects.ts`).
 */
export const QUIRKS = {
  B1: "rotation's gate reads the directory's mtime, before it looks whether anything is mounted",
  B2: "Secrets are made by a controller beside the publish, which rewrites them and drops their owners for a while",
  B3: "a Secret that is somebody else's is overwritten",
  B4: "owners of a Secret are told apart by name",
  B5: "one SecretProviderClass or pod that is missing stops the owners of the whole node",
  B6: 'the path "." passes validation and wipes the volume',
  B7: "a name that turns from file to directory, or back, fails for ever",
  B8: 'a left-over "..data_tmp" blocks every later write',
  B9: "a path that is file and directory at once is found after writing began",
  B10: "a change of modes alone is not applied, and a mode of 0 stays 0",
  B11: "a status object without labels makes the driver panic",
  B12: "a status object holds the volume that was published last, not all of the pod's",
  B13: "names that are too long are sent as they are, and refused",
  B14: "a SecretProviderClass may set keys that only kubelet may say",
  B15: "a pod can ask for an empty volume by naming the mock provider",
  B16: "a Secret without a type is not made, and nobody is told",
  B17: "the target path is read as a glob pattern on unpublish",
  B18: "any text becomes a metric label",
  B19: "any folder of the host that ends like a volume's counts as the volume",
  B20: "whatever is mounted counts as published",
  B21: "two publishes of one volume run at once",
  "dangling-links": "a link whose removal a killed writer did not get to stays for ever",
  "dead-mount": "a mount that has died is never detached",
  "stacked-mounts": "of mounts on top of each other one is unmounted",
  capabilities: "more is advertised than there is",
  "empty-key": "a private key that cannot be read becomes an empty one",
  "equal-status": "a status is written again though nothing in it changed",
  "no-restraint": "a store that asks for fewer calls is asked as often as before",
  "partial-mask": "of a failed republish only what comes after the mount is masked",
  "planted-links": "links that somebody planted in a volume are followed",
  pfx: "of PFX files only the old form is read",
  "raw-modes": "bits beyond 0777 in a file's mode have an effect",
  "sanity-path": "unpublishing /tmp/csi/mount succeeds unseen",
  "silent-rotation": "a failed republish is told by metric and log alone, not to the pod",
} as const;

export type Quirk = keyof typeof QUIRKS;

/** What the parts ask instead of asking which behaviour is meant. */
export type Rules = {
  readonly behaviour: Behaviour;
  has(quirk: Quirk): boolean;
  /** Before v1.6: rotation is a reconciler's business, and a publish of something mounted does nothing. */
  readonly isLegacy: boolean;
};

/** @param extra quirks that tests switch on in `hardened` */
export function rulesOf(behaviour: Behaviour, extra: ReadonlySet<Quirk> = new Set()): Rules {
  const hasAll = behaviour !== "hardened";
  return { behaviour, has: (quirk) => hasAll || extra.has(quirk), isLegacy: behaviour === "upstream-1.5" };
}

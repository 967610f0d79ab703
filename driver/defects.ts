import { QUIRKS, type Quirk } from "./behaviour.ts";

/**
 * The known defects of the field as switches of the reference driver (design, rule 6). Only tests come here: no
 * flag and no setting leads to them. `breaks` are the cases of the catalogue that must notice.
 */
export type Defect = { readonly id: Quirk; readonly title: string; readonly breaks: readonly string[] };

const BREAKS: Readonly<Partial<Record<Quirk, readonly string[]>>> = {
  B1: ["ROT-12h", "ROT-04a", "ROT-18h"],
  B2: ["SYN-18h", "SYN-19h", "SYN-27h", "SYN-30h", "SYN-35h"],
  B3: ["SYN-18h", "SYN-19h"],
  B4: ["SYN-28h"],
  B5: ["SYN-29h"],
  B6: ["ROT-14h"],
  B7: ["MNT-20h"],
  B8: ["UPG-06h", "REC-01", "REC-02"],
  B9: ["MNT-21h"],
  B10: ["MNT-04h", "MNT-10h"],
  B11: ["UPG-11h"],
  B12: ["MNT-22h"],
  B13: ["MNT-23h"],
  B14: ["SEC-04h"],
  B15: ["SEC-05h"],
  B16: ["SYN-08h"],
  B17: ["CSI-20h"],
  B18: ["MET-02h"],
  B19: ["SEC-06", "SEC-10h"],
  B20: ["UPG-12h", "REC-01"],
  B21: ["MNT-24h"],
  "dangling-links": ["REC-02"],
  "dead-mount": ["UPG-07h"],
  capabilities: ["CSI-03h", "CSI-07h"],
  "empty-key": ["SYN-16h"],
  "equal-status": ["ROT-04h"],
  "no-restraint": ["ROT-18h"],
  "partial-mask": ["ROT-07h"],
  pfx: ["SYN-13h"],
  "planted-links": ["SEC-11h"],
  "raw-modes": ["SEC-09h"],
  "silent-rotation": ["ROT-05h", "ROT-05i"],
};

export const DEFECTS: readonly Defect[] = (Object.keys(QUIRKS) as Quirk[]).map((id) => ({
  id,
  title: QUIRKS[id],
  breaks: BREAKS[id] ?? [],
}));

/** For `DriverSpec.defects`: `hardened` with exactly these defects. */
export function withDefects(...ids: readonly Quirk[]): ReadonlySet<Quirk> {
  return new Set(ids);
}

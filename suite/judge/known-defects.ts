import type { Quirk } from "../../driver/index.ts";

/** Which of the real driver's known defects the cases of a profile are shown; `driver/defects.ts` says who notices. */
export const KNOWN_DEFECTS: Readonly<Record<string, readonly Quirk[]>> = {
  "DRIVER-NODE": ["B7", "B9", "B10", "B12", "B13", "B17", "B21", "capabilities"],
  "DRIVER-SYNC": ["B2", "B3", "B4", "B5", "B16", "empty-key", "pfx"],
  "DRIVER-ROTATION": ["B1", "B6", "equal-status", "no-restraint", "partial-mask", "silent-rotation"],
  SECURITY: ["B14", "B15", "B19", "raw-modes", "planted-links"],
  OPERATIONS: ["B8", "B11", "B18", "B20", "dangling-links", "dead-mount"],
};

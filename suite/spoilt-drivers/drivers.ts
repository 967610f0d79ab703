import { NODE_SPOILERS } from "./of-node.ts";
import { OPERATIONS_SPOILERS } from "./of-operations.ts";
import { ROTATION_SPOILERS } from "./of-rotation.ts";
import type { Spoiler } from "./spoil.ts";

/** Drivers with one defect each (design, rule 6), by profile. Those of the field are in `driver/defects.ts`. */
export const SPOILERS: Readonly<Record<string, readonly Spoiler[]>> = {
  "DRIVER-NODE": NODE_SPOILERS,
  "DRIVER-ROTATION": ROTATION_SPOILERS,
  OPERATIONS: OPERATIONS_SPOILERS,
};

import { setFlagsFromString } from "node:v8";

/**
 * Lets this process trade a little speed for memory: for a part that runs on every node of a cluster, and mostly
 * waits. Call it first, before modules are loaded: what has grown does not shrink.
 */
export function keepHeapSmall(): void {
  keepYoungGenerationSmall();
  // The old generation is collected after it grew by a third instead of twofold.
  setFlagsFromString("--optimize-for-size");
}

/** V8's young generation otherwise grows to some 100 MB under load and stays that large. */
export function keepYoungGenerationSmall(): void {
  // Given on the command line V8 raises it to 2; set while it runs it is taken as it is.
  setFlagsFromString("--semi-space-growth-factor=1");
}

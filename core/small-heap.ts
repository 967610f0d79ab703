import { setFlagsFromString } from "node:v8";

/**
 * Lets this process trade a little speed for memory: for a part that runs for days and mostly waits. Call it first,
 * before modules are loaded: what has grown does not shrink.
 */
export function keepHeapSmall(): void {
  // V8's young generation grows to some 100 MB under load and stays that large. Given on the command line V8 raises
  // this to 2; set while it runs it is taken as it is.
  setFlagsFromString("--semi-space-growth-factor=1");
  // The old generation is collected after it grew by a third instead of twofold, and buffers that nobody holds with it.
  setFlagsFromString("--optimize-for-size");
  // Each of the threads that compile hot functions leaves its working memory, some 30 MB in all, with the allocator.
  setFlagsFromString("--no-concurrent-recompilation");
}

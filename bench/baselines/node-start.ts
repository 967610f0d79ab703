// Baseline: how long Node itself takes to start and stop, `node -e 0`, as the median of several runs.
import { spawnSync } from "node:child_process";

export function nodeStart(runs = 7): number {
  const took = Array.from({ length: runs }, () => {
    const started = performance.now();
    spawnSync(process.execPath, ["-e", "0"]);
    return performance.now() - started;
  });
  return took.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

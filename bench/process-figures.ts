import { readFileSync } from "node:fs";

/** Clock ticks of the kernel's accounting; 100 a second on every Linux there is. */
const TICK_MS = 10;

/** Megabytes of a process, by the kernel's own word; it can be told on Linux alone. */
export function rssOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Milliseconds of CPU that a process and the programs it ran have used: what it costs, however busy the machine is. */
export function cpuOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [, ...used] = /\) (?:\S+ ){11}(\d+) (\d+) (\d+) (\d+)/.exec(stat) ?? [];
  return used.reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
}

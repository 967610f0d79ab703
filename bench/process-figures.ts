import { readFileSync } from "node:fs";

/** Clock ticks of the kernel's accounting; 100 a second on every Linux there is. */
const TICK_MS = 10;

/** Megabytes of a process, by the kernel's own word; it can be told on Linux alone. */
export function rssOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Milliseconds of CPU that a process has used: what it costs, however busy the machine is. */
export function cpuOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [, user = 0, system = 0] = /\) (?:\S+ ){11}(\d+) (\d+)/.exec(stat)?.map(Number) ?? [];
  return (user + system) * TICK_MS;
}

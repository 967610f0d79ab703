// Baseline: moto_server, as it is started by hand. It reads the signature for the region and verifies nothing of it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { bound } from "../lifetime.ts";

export async function startMoto(): Promise<{ url: URL; pid: number | undefined; stop(): void }> {
  const child = bound(
    spawn("moto_server", ["-H", "127.0.0.1", "-p", "0"], { stdio: ["ignore", "ignore", "pipe"], detached: true }),
  );
  let said = "";
  while (!/http:\S+:\d+/.test(said)) said += String(((await once(child.stderr, "data")) as [Buffer])[0]);
  return { url: new URL(/http:\S+:\d+/.exec(said)?.[0] ?? ""), pid: child.pid, stop: () => child.kill("SIGKILL") };
}

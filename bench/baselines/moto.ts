// Baseline: moto_server, where it is installed. It reads the signature for the region and verifies nothing of it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Scope } from "../../core/index.ts";

export async function startMoto(
  scope: Scope,
): Promise<{ name: string; url: URL; pid: number | undefined } | undefined> {
  if (spawnSync("moto_server", ["--help"]).status !== 0) return undefined;
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  scope.defer("moto", () => void child.kill("SIGKILL"));
  let said = "";
  while (!/http:\/\/127\.0\.0\.1:\d+/.test(said)) said += String(((await once(child.stderr, "data")) as [Buffer])[0]);
  child.stderr.resume();
  return { name: "moto", url: new URL(/http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ""), pid: child.pid };
}

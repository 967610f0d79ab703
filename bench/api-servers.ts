import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { findAssets } from "../clusters/apiserver/assets.ts";
import { startRealApiServer } from "../clusters/apiserver/real-api-server.ts";
import { type Clock, type Scope, silentLog } from "../core/index.ts";
import type { KubeConfig } from "../kube/client.ts";
import { bound, processGroups as groups, temporaryFolder } from "./lifetime.ts";
import { rssOf } from "./process-figures.ts";

/** An API server that is measured: how to reach it, and what its processes take. */
export type MeasuredServer = { readonly config: KubeConfig; rssMiB(): number };

/** Ours, in a process of its own, as a real one is. */
export async function ownServer(scope: Scope): Promise<MeasuredServer> {
  const program = fileURLToPath(new URL("./api-server-process.ts", import.meta.url));
  const child = bound(spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"], detached: true }));
  scope.defer("API server", async () => {
    const gone = once(child, "close");
    child.stdin.end();
    await gone;
  });
  let said = "";
  while (!said.includes("\n")) said += String(((await once(child.stdout, "data")) as [Buffer])[0]);
  return { config: JSON.parse(said) as KubeConfig, rssMiB: () => rssOf(child.pid) };
}

/** A real kube-apiserver and its etcd, where their programs are given; undefined where not. */
export async function realServer(scope: Scope, clock: Clock): Promise<MeasuredServer | undefined> {
  const assets = findAssets(process.env);
  if (typeof assets === "string") return undefined;
  const pids: number[] = [];
  const processGroups = {
    watch: (pid: number): void => {
      pids.push(pid);
      groups.watch(pid);
    },
    forget: (pid: number): void => groups.forget(pid),
  };
  const folder = temporaryFolder(scope);
  const api = scope.use(await startRealApiServer(assets, { clock, log: silentLog, folder, processGroups }));
  return { config: api.adminConfig, rssMiB: () => pids.reduce((sum, pid) => sum + rssOf(pid), 0) };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, linkSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { hours, seconds } from "../../core/index.ts";
import type { KubeObject } from "../../kube/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import type { DriverSpec } from "../index.ts";
import type { Probe } from "./probe.ts";
import type { ReplayRig } from "./rig.ts";

/** What an action of the recording is done to. */
export type Stage = { readonly rig: ReplayRig; readonly probe: Probe; readonly target: string };

const STATUSES = "secretproviderclasspodstatuses";
const NO_SUCH_PROCESS = "no such process";

/** What was done between two probes of the recording, in its words. Those that only start a driver stand below. */
const ACTIONS: Readonly<Record<string, (stage: Stage) => unknown>> = {
  "target is a plain directory with f, .h and sub/": ({ target }) => {
    mkdirSync(join(target, "sub"), { recursive: true });
    for (const name of ["f", ".h"]) writeFileSync(join(target, name), "x");
  },
  "target path is a plain file": ({ target }) => writeFileSync(target, "x", { mode: 0o644 }),
  "socket file deaf.sock without a listener": ({ rig }) => leaveSocket(join(rig.folder, "prov", "deaf.sock")),
  "both.sock served in --provider-volume and in --additional-provider-volume-paths": async ({ rig }) => {
    await rig.serve("prov", "both");
    await rig.serve("prov2", "both");
  },
  "provider in the additional dir stopped, its socket removed; the one in --provider-volume still serves": ({ rig }) =>
    rig.other("prov2", "both").stop(),
  "provider in the additional dir serves again at the same path": ({ rig }) => rig.other("prov2", "both").start(),
  "late.sock served now": ({ rig }) => rig.serve("prov", "late"),
  "Version answers Internal": ({ rig }) => rig.provider.failsVersion(new GrpcError(GrpcStatus.INTERNAL, "no version")),
  "provider stopped, socket removed": ({ rig }) => rig.provider.stop(),
  "provider started again on the same path": ({ rig }) => rig.provider.start(),

  "published target is the working directory of a running process": async (stage) => {
    await stage.rig.publishBefore(stage.probe, stage.target);
    stage.rig.busy = spawn("sleep", ["600"], { cwd: stage.target, stdio: "ignore" });
    await once(stage.rig.busy, "spawn");
  },
  "that process ended": ({ rig }) => endOf(rig.busy),

  "mtime of the target set 2 h back": ({ rig, target }) => aged(target, rig.now() - hours(2)),
  "the directory is older than the interval now": ({ rig, target }) => aged(target, rig.now() - hours(2)),
  "target directory exists, young, not mounted": ({ rig, target }) => {
    mkdirSync(target, { mode: 0o755 });
    aged(target, rig.now());
  },
  "provider stopped, socket removed (client cached)": ({ rig }) => rig.provider.stop(),
  "provider back": ({ rig }) => rig.provider.start(),
  "SPC deleted": ({ rig }) => rig.api.remove("secretproviderclasses", "rot05", "drvrec-rotation"),
  "..data_tmp link left in the published target": leaveNewLink,
  "published once, then ..data_tmp link left behind (not a first publish)": leaveNewLink,
  "SPCPS deleted": async ({ rig, probe, target }) => {
    await rig.publishBefore(probe, target);
    const { name = "", namespace = "" } = statusOf(rig, probe).metadata;
    rig.api.remove(STATUSES, name, namespace);
  },
  "Secret labelled secrets-store.csi.k8s.io/used=true": ({ rig }) => {
    const secret = rig.api.find("secrets", "creds", "drvrec-legacyx");
    if (secret === undefined) throw new Error("there is no Secret to label");
    const labels = { "secrets-store.csi.k8s.io/used": "true" };
    rig.api.put("secrets", { ...secret, metadata: { ...secret.metadata, labels } });
  },

  "provider restarted at the same path": async ({ rig }) => {
    await rig.provider.stop();
    await rig.provider.start();
  },
  "provider stopped; comes back 2.5 s into the call": async ({ rig }) => {
    await rig.provider.stop();
    rig.later(2_500, () => rig.provider.start());
  },
  "provider connection cut 0.7 s into the Mount, provider back 0.3 s later": ({ rig }) => {
    rig.later(700, () => rig.provider.kill());
    rig.later(seconds(1), () => rig.provider.start());
  },
  "pod deleted (SPCPS still there), new pod of that name bound to another node, driver of that node": async ({
    rig,
    target,
  }) => {
    await rig.unpublish(target);
    await rig.restart({ nodeId: "rec-recovery-b" });
  },
  "a dead FUSE mount (transport endpoint is not connected) lies on the target": ({ rig, target }) => dead(rig, target),
  "a dead FUSE mount lies on the target": ({ rig, target }) => dead(rig, target),
  "a directory of /proc of a process that has ended is bind-mounted on the target: stat works, reading fails": ({
    rig,
    target,
  }) => {
    mkdirSync(target, { mode: 0o755 });
    rig.mounter.spoil(target, { kind: "unreadable", mtimeMs: 0, error: `open ${target}: ${NO_SUCH_PROCESS}` });
  },
  'a file of another file system is bind-mounted on the target: listing fails with "not a directory"': ({
    rig,
    target,
  }) => {
    writeFileSync(target, "", { mode: 0o644 });
    rig.mounter.spoil(target, { kind: "unreadable", mtimeMs: 0, error: `open ${target}: not a directory` });
  },
  "SIGTERM to the driver 0.7 s into the call; provider answers after 2.5 s": ({ rig }) =>
    rig.later(700, async () => {
      await rig.driver.drain();
      await rig.stop();
    }),
  "SIGKILL 0.7 s into the call": ({ rig }) => rig.later(700, () => rig.kill()),
  "provider down, pod deleted": async ({ rig, probe, target }) => {
    await rig.publishBefore(probe, target);
    await rig.provider.stop();
    rig.afterProbe(() => rig.provider.start());
  },
  "all labels removed from the SPCPS": (stage) => relabel(stage, undefined),
  "node label removed from the SPCPS, another label put": (stage) => relabel(stage, { other: "x" }),
  "two tmpfs mounts stacked on the target": ({ rig, target }) => {
    mkdirSync(target, { recursive: true });
    rig.mounter.mount(target);
    rig.mounter.mount(target);
  },
};

/** The driver is started for the probe anyway, and with its flags. */
const RESTARTS = /^driver (stopped with SIGTERM|started again|killed, started again)/;

export async function act(action: string, stage: Stage): Promise<void> {
  const known = ACTIONS[action];
  if (known !== undefined) await known(stage);
  else if (action !== "" && !RESTARTS.test(action) && !leavesAtEndpoint(action))
    throw new Error(`no such action here: ${action}`);
}

export function restarts(action: string): boolean {
  return RESTARTS.test(action);
}

export function leavesAtEndpoint(action: string): boolean {
  return ACTIONS[action] === undefined && /stale|SIGKILL/.test(action);
}

/** What a dead driver leaves where the next one listens. */
export async function leaveAtEndpoint(path: string, action: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  if (action.includes("SIGKILL")) await leaveSocket(path);
  else writeFileSync(path, "stale");
}

export async function endOf(process: ChildProcess | undefined): Promise<void> {
  if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
  process.kill("SIGKILL");
  await once(process, "exit");
}

/** Other flags than the ordinary that were told in words. */
export function flagSpec(flag: string, folder: string): Partial<DriverSpec> {
  if (flag === "--nodeid of 64 characters") return { nodeId: "n".repeat(64) };
  const paths = /^--additional-provider-volume-paths "([^"]*)"/.exec(flag)?.[1];
  return paths === undefined ? {} : { additionalProvidersDirs: paths.replaceAll("<dir>", folder) };
}

async function leaveNewLink({ rig, probe, target }: Stage): Promise<void> {
  await rig.publishBefore(probe, target);
  symlinkSync("x", join(target, "..data_tmp"));
}

async function relabel({ rig, probe, target }: Stage, labels: Record<string, string> | undefined): Promise<void> {
  await rig.publishBefore(probe, target);
  const { metadata, ...status } = statusOf(rig, probe);
  const { labels: _, ...rest } = metadata;
  rig.api.put(STATUSES, { ...status, metadata: { ...rest, ...(labels && { labels }) } } as KubeObject);
}

function statusOf(rig: ReplayRig, { setup = [] }: Probe): KubeObject {
  const pod = setup.find(({ kind }) => kind === "Pod")?.name ?? "";
  const status = rig.api.list(STATUSES).find(({ metadata }) => metadata.name?.startsWith(`${pod}-drvrec-`) === true);
  if (status === undefined) throw new Error(`pod ${pod} has no status object`);
  return status;
}

function dead(rig: ReplayRig, target: string): void {
  mkdirSync(target, { recursive: true });
  rig.mounter.spoil(target, { kind: "dead", error: `stat ${target}: transport endpoint is not connected` });
}

function aged(target: string, at: number): void {
  if (existsSync(target)) utimesSync(target, at / 1000, at / 1000);
}

/** A socket that nobody listens on any more: bound under another name, so that closing does not take it away. */
async function leaveSocket(path: string): Promise<void> {
  const bound = `${path}.bound`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(bound, resolve));
  linkSync(bound, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

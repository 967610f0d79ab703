import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/index.ts";
import { bundle } from "../scripts/bundle.ts";
import type { Node } from "../wire/gen/csi_pb.ts";
import type { GrpcClient } from "../wire/grpc/index.ts";
import { bound } from "./lifetime.ts";

export type DriverProcess = {
  readonly pid: number | undefined;
  answers(client: GrpcClient<typeof Node>, clock: Clock): Promise<void>;
  end(): Promise<void>;
};

/** A driver's program with its first arguments, and what its image sets. */
export type DriverCommand = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };

const DOCKERFILE = join(import.meta.dirname, "..", "deploy", "images", "Dockerfile.driver");

/** Our driver as its image runs it, put into this folder. */
export async function ownDriver(folder: string): Promise<DriverCommand> {
  await bundle("driver", folder);
  const dockerfile = readFileSync(DOCKERFILE, "utf8");
  const env = Object.fromEntries(
    [...dockerfile.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const [, entry] = /^ENTRYPOINT (\["node", .*"\/mountproof\/main\.mjs"\])$/m.exec(dockerfile) ?? [];
  if (entry === undefined) throw new Error(`${DOCKERFILE} has no ENTRYPOINT that starts /mountproof/main.mjs by node`);
  const flags = (JSON.parse(entry) as string[]).slice(1, -1);
  return { argv: [process.execPath, ...flags, join(folder, "main.mjs")], env };
}

/** Upstream's driver, when somebody says where it is; there is none that could be shipped or fetched here. */
export function upstreamDriver(variable = "MOUNTPROOF_DRIVER_BIN"): DriverCommand | undefined {
  const path = process.env[variable];
  return path === undefined || path === "" ? undefined : { argv: [path], env: {} };
}

/** Both drivers take the same flags. */
export function startDriverProcess(
  { argv: [program = "", ...first], env }: DriverCommand,
  place: {
    readonly folder: string;
    readonly socket: string;
    readonly kubeconfig: string;
    readonly intervalMs: number | undefined;
  },
): DriverProcess {
  const kubeconfig = join(place.folder, "kubeconfig");
  writeFileSync(kubeconfig, place.kubeconfig, { mode: 0o600 });
  const flags = [
    `--endpoint=unix://${place.socket}`,
    "--nodeid=node-0",
    `--kubeconfig=${kubeconfig}`,
    `--provider-volume=${join(place.folder, "prov")}`,
    "--metrics-addr=0",
    ...(place.intervalMs === undefined
      ? []
      : ["--enable-secret-rotation=true", `--rotation-poll-interval=${place.intervalMs}ms`]),
  ];
  const child = bound(
    spawn(program, [...first, ...flags], { stdio: "ignore", env: { ...process.env, ...env }, detached: true }),
  );
  return {
    pid: child.pid,
    answers: async (client, clock) => {
      for (;;) {
        if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
        try {
          await client.nodeGetInfo({}, { deadlineMs: 1000 });
          return;
        } catch {
          await clock.sleep(50);
        }
      }
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

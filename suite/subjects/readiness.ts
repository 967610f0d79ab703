import { once } from "node:events";
import { type FSWatcher, watch } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Clock, MountproofError, messageOf } from "../../core/index.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { GrpcError, GrpcStatus, grpcClient } from "../../wire/grpc/index.ts";

/** How long a silent listener is waited for before it counts as listening. */
const SILENCE_MS = 1000;
/** Between two dials of a socket file that nobody listens at yet. */
const REDIAL_MS = 25;

/**
 * Waits until somebody answers on a socket in `folder`: `preferred` when it is there, else any `*.sock`.
 * Any answer will do, also an error, and so does a listener that stays silent: what it says is for the cases
 * to judge.
 * @throws whatever `signal` aborts with
 */
export async function socketReady(
  clock: Clock,
  folder: string,
  preferred: string,
  signal: AbortSignal,
): Promise<string> {
  const changes = watchFolder(folder);
  try {
    for (;;) {
      signal.throwIfAborted();
      const path = await findSocket(folder, preferred);
      if (path === undefined) await changes.next(signal);
      else if (await answers(clock, path, signal)) return path;
      else await clock.sleep(REDIAL_MS, { signal });
    }
  } finally {
    changes.close();
  }
}

/** Whether somebody listens on the socket and speaks, or keeps silent for a second. */
export async function answers(clock: Clock, path: string, signal?: AbortSignal): Promise<boolean> {
  using client = grpcClient(CSIDriverProvider, { clock, target: { path } });
  try {
    await client.version({ version: "v1alpha1" }, { deadlineMs: SILENCE_MS, ...(signal !== undefined && { signal }) });
    return true;
  } catch (error) {
    return error instanceof GrpcError && error.connected && error.code !== GrpcStatus.CANCELLED;
  }
}

async function findSocket(folder: string, preferred: string): Promise<string | undefined> {
  const names = await readdir(folder);
  const others = names.filter((name) => name.endsWith(".sock")).map((name) => join(folder, name));
  for (const path of [preferred, ...others.filter((other) => other !== preferred)]) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isSocket() === true) return path;
  }
  return undefined;
}

function watchFolder(folder: string): { next(signal: AbortSignal): Promise<void>; close(): void } {
  let changed = false;
  let wake: (() => void) | undefined;
  let watcher: FSWatcher;
  try {
    watcher = watch(folder, () => {
      changed = true;
      wake?.();
    });
  } catch (cause) {
    throw new MountproofError("environment", {
      message: `the socket folder "${folder}" cannot be watched: ${messageOf(cause)}`,
      hint: "does it exist, and may you read it?",
      cause,
    });
  }
  return {
    next: async (signal) => {
      if (!changed)
        await new Promise<void>((resolve, reject) => {
          // It may have aborted while the folder was read: then nobody tells of it any more.
          if (signal.aborted) return reject(signal.reason);
          wake = resolve;
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      changed = false;
      wake = undefined;
    },
    close: () => watcher.close(),
  };
}

/** A port of 127.0.0.1 that nobody listens at, for a program that cannot say which one it took. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

import type { Clock } from "../../core/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import type { Script } from "../../wire/scripted-provider.ts";
import type { DriverSpec } from "../index.ts";
import type { RecordedReply } from "./probe.ts";

export function specOf(flags: readonly string[]): Partial<DriverSpec> {
  const after = (flag: string): string | undefined =>
    flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined;
  const name = after("--drivername");
  const largest = after("--max-call-recv-msg-size");
  return {
    ...(name !== undefined && { driverName: name }),
    ...(largest !== undefined && { maxCallRecvMsgSize: Number(largest) }),
    ...(flags.includes("--enable-secret-rotation") && {
      enableSecretRotation: true,
      rotationPollIntervalMs: intervalOf(flags),
    }),
    ...(flags.includes("--provider-health-check") && {
      providerHealthCheck: true,
      providerHealthCheckIntervalMs: 1_000,
    }),
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `--rotation-poll-interval`, in milliseconds; one where none was recorded. */
export function intervalOf(flags: readonly string[]): number {
  const text = flags[flags.indexOf("--rotation-poll-interval") + 1] ?? "";
  const [, count, unit = ""] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return flags.includes("--rotation-poll-interval") ? Number(count) * (UNITS[unit] ?? 1) : 1;
}

export function scriptOf(reply: RecordedReply, clock: Clock): Script {
  const { status, message = "", delay, error, files = [], object_version: objectVersion = [] } = reply;
  if (status !== undefined) return new GrpcError(GrpcStatus[status as keyof typeof GrpcStatus], message);
  return async (_request, call) => {
    if (delay !== undefined) {
      call.activity.park();
      await clock.sleep(delay, { signal: call.signal });
      call.activity.unpark();
    }
    return {
      files: files.map(({ path, mode = 0, size, content }) => ({
        path: wholePath(path),
        mode,
        contents: Buffer.from(content ?? "x".repeat(size)),
      })),
      objectVersion: objectVersion.map(({ id, version }) => ({ id, version })),
      ...(error && { error: { code: error.code } }),
    };
  };
}

/** `xxxxxxxx…(4096)` is a path that was too long to write down: names of 240 characters. */
function wholePath(path: string): string {
  const length = Number(/^x+…\((\d+)\)$/.exec(path)?.[1] ?? 0);
  return length === 0 ? path : `${"x".repeat(240)}/`.repeat(Math.ceil(length / 241)).slice(0, length);
}

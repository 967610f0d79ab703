import { rm, unlink } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import { MountproofError, messageOf, RealClock } from "../../../../core/index.ts";
import type { NodePaths } from "../../../cluster.ts";
import { type DriverCall, RecordedDriver } from "./recorded-driver.ts";
import type { RecordedStep } from "./recording.ts";
import { tmpfsMounts } from "./target-mounts.ts";

const ROOT = "/var/lib/kubelet";
const CONTROL = "/tmp/recorder.sock";
const PATHS: NodePaths = {
  kubeletRoot: ROOT,
  pluginsRegistry: `${ROOT}/plugins_registry`,
  driverPluginDir: `${ROOT}/plugins/recorder`,
  providersDir: "",
  additionalProvidersDir: "",
};

/** What a recorder answers: the calls so far, and its own time, for the clocks may differ. */
export type RecorderAnswer = {
  readonly now: number;
  readonly calls: readonly DriverCall[];
  /** When the program that asked for it began, by the same clock: starting it may take a second. */
  readonly askedAt?: number;
};

/** What a recorder is told: a step about a driver, or `calls`. */
export type RecorderOrder = Pick<RecordedStep, "do" | "driver" | "flags" | "control" | "signal">;

/**
 * The program of the recorder's image, and of the pods of its experiments:
 *
 * - `serve` runs recorded drivers on the node whose `/var/lib/kubelet` it has, as it is told;
 * - `tell ORDER` tells the one in this container, and prints what it answers;
 * - `sleep [S [T]]` ends after S seconds (0: never) and takes T to stop; `ls` ends at once.
 */
export async function runRecorder(args: readonly string[]): Promise<number> {
  const [command = "serve", first = "", second = "0"] = args;
  try {
    if (command === "serve") return await serve();
    if (command === "tell") return await tell(first);
    if (command === "sleep") return await sleep(Number(first === "" ? "0" : first), Number(second));
    if (command === "ls") return 0;
    throw new MountproofError("invalid_argument", {
      message: `"${command}" is not one of: serve, tell, sleep, ls`,
    });
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    return 1;
  }
}

async function sleep(seconds: number, stopSeconds: number): Promise<number> {
  const clock = new RealClock();
  const stopped = new AbortController();
  process.once("SIGTERM", () => stopped.abort());
  const forever = 1e9;
  await clock.sleep((seconds === 0 ? forever : seconds) * 1000, { signal: stopped.signal }).catch(() => {});
  if (stopped.signal.aborted) await clock.sleep(stopSeconds * 1000);
  return 0;
}

async function serve(): Promise<number> {
  const clock = new RealClock();
  const calls: DriverCall[] = [];
  const drivers = new Map<string, RecordedDriver>();
  const controls = new Map<string, Readonly<Record<string, string>>>();
  const take = async ({ do: what, driver: name = "", ...order }: RecorderOrder): Promise<void> => {
    const running = drivers.get(name);
    if (what === "calls") return;
    if (what === "start driver") {
      const flags = new Map((order.flags ?? []).map((flag) => flag.replace(/^-/, "").split("=") as [string, string]));
      const driver = new RecordedDriver({ clock, paths: PATHS, name, flags, calls, mounts: tmpfsMounts });
      driver.control = controls.get(name) ?? {};
      await driver.start();
      drivers.set(name, driver);
    } else if (what === "driver control") {
      controls.set(name, order.control ?? {});
      if (running !== undefined) running.control = order.control ?? {};
    } else if (what === "signal driver") {
      await running?.stop(order.signal ?? "");
      drivers.delete(name);
    } else if (what.startsWith("remove the registration socket")) await unlink(running?.registrationSocket ?? "");
    else throw new MountproofError("invalid_argument", { message: `a recorder is not told to "${what}"` });
  };
  await rm(CONTROL, { force: true });
  const server: Server = createServer((asked, answer) => {
    let body = "";
    asked.on("data", (chunk: Buffer) => {
      body += chunk.toString("utf8");
    });
    asked.on("end", async () => {
      try {
        await take(JSON.parse(body) as RecorderOrder);
        answer.end(JSON.stringify({ now: clock.now(), calls } satisfies RecorderAnswer));
      } catch (error) {
        answer.statusCode = 400;
        answer.end(messageOf(error));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(CONTROL, resolve));
  process.stdout.write("records\n");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  for (const driver of drivers.values()) await driver.stop("SIGTERM");
  server.close();
  return 0;
}

async function tell(order: string): Promise<number> {
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request({ socketPath: CONTROL, method: "POST" }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
    });
    asked.on("error", reject);
    asked.end(order);
  });
  if (status === 200) {
    // A pipe takes what it can: the process must not end before all is through.
    const answer: RecorderAnswer = { ...(JSON.parse(text) as RecorderAnswer), askedAt: performance.timeOrigin };
    await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()));
    return 0;
  }
  throw new MountproofError("invalid_argument", { message: text });
}

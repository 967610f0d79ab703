import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock } from "../../../../core/index.ts";
import { RecordedDriver } from "./recorded-driver.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-recorded-"));
  await mkdir(join(folder, "plugins_registry"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function started(): Promise<RecordedDriver> {
  const paths = {
    kubeletRoot: folder,
    pluginsRegistry: join(folder, "plugins_registry"),
    driverPluginDir: join(folder, "plugins", "recorder"),
    providersDir: "",
    additionalProvidersDir: "",
  };
  const driver = new RecordedDriver({ clock: new RealClock(), paths, name: "d", flags: new Map(), calls: [] });
  await driver.start();
  return driver;
}

const outcome = (path: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => resolve("connected"));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(String(code)));
    socket.on("close", () => socket.destroy());
    socket.on("connect", () => socket.destroy());
  });

test("a killed driver leaves its sockets as they are, so that kubelet sees nothing of its death; its next start makes new ones", async () => {
  const driver = await started();
  const { registrationSocket } = driver;
  const registry = join(folder, "plugins_registry");
  const state = async (): Promise<object> => ({
    socket: (await stat(registrationSocket)).ino,
    // What is renamed or removed changes the folder, and would be news to kubelet.
    folder: (await stat(registry, { bigint: true })).mtimeNs,
  });
  const before = await state();
  expect(await outcome(registrationSocket)).toBe("connected");
  await driver.stop("SIGKILL");
  expect(await state()).toEqual(before);
  expect(await outcome(registrationSocket)).toBe("ECONNREFUSED");
  await using again = await started();
  expect(await outcome(again.registrationSocket)).toBe("connected");
});

test("a driver that is ended takes its sockets away", async () => {
  const driver = await started();
  await driver.stop("SIGTERM");
  expect(await outcome(driver.registrationSocket)).toBe("ENOENT");
});

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RealClock, silentLog } from "../../core/index.ts";
import { execProvider } from "./exec-provider.ts";

const sample = new URL("../testing/sample-provider.ts", import.meta.url).pathname;

test("a daemon that the provider has left in a session of its own ends with it", async ({ skip }) => {
  if (!existsSync("/proc/self/environ")) return skip("there is no /proc");
  const folder = await mkdtemp(join(tmpdir(), "mp-daemon-"));
  const daemon = `setsid sh -c 'echo $$ > "${folder}/pid"; exec sleep 1000' & while [ ! -s "${folder}/pid" ]; do :; done`;
  const provider = await execProvider({
    command: `${daemon}; exec '${process.execPath}' '${sample}' --socket "$SOCKET" --store /dev/null`,
    name: "subject",
    inputs: {},
    readyWithinMs: 30_000,
  }).start({ clock: new RealClock(), folder, log: silentLog });
  const pid = (await readFile(join(folder, "pid"), "utf8")).trim();
  // Of a process that is over, also while nobody has asked for its end, the command line is empty.
  const commandLine = (): Promise<string> => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  expect(await commandLine()).toBe("sleep\x001000\0");
  await provider[Symbol.asyncDispose]();
  expect(await commandLine()).toBe("");
  await rm(folder, { recursive: true });
}, 60_000);

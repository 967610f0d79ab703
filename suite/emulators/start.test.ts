import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RealClock } from "../../core/index.ts";
import { Guard } from "../guard.ts";
import { Lifeline } from "../lifeline.ts";
import { KeptLog } from "../subjects/kept-log.ts";
import { type Emulator, startEmulator } from "./index.ts";

const clock = new RealClock();
let folder: string;
let lifeline: Lifeline;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-emulator-"));
  lifeline = new Lifeline(join(folder, "run"));
});
afterAll(async () => {
  lifeline[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, text: string, mode = 0o755): Promise<Emulator> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return { name: "openbao", title: "OpenBao", store: "vault", source: { how: "program", path } };
}
const start = async (emulator: Emulator, readyWithinMs = 60_000) =>
  await startEmulator(emulator, { clock, folder, log: new KeptLog({ guard: new Guard() }), lifeline, readyWithinMs });

/** A dev server as far as starting one goes: it says its key and listens where it is told. */
const DEV_SERVER = `#!${process.execPath}
const address = process.argv.find((arg) => arg.startsWith("-dev-listen-address="))?.split("=")[1] ?? "";
console.log("Unseal Key: the-key");
console.log("Root Token: " + process.argv.find((arg) => arg.startsWith("-dev-root-token-id="))?.split("=")[1]);
const [host, port] = address.split(":");
require("node:http").createServer((_, answer) => answer.end("{}")).listen(Number(port), host);
`;

describe("a program that is to be a store", () => {
  test("serves where it is told, and is gone afterwards", async () => {
    const running = await start(await program("bao.cjs", DEV_SERVER));
    const { url = "", unsealKey } = running.vault ?? {};
    expect(unsealKey).toBe("the-key");
    expect((await fetch(url)).status).toBe(200);
    await running[Symbol.asyncDispose]();
    await expect(fetch(url)).rejects.toThrow();
  });

  test("that is something else is named with its last words", async () => {
    await expect(
      start(await program("other", "#!/bin/sh\necho 'unknown command \"server\"' >&2; exit 1\n")),
    ).rejects.toThrow(/^OpenBao \(.*other\) ended with status 1 before it served: unknown command "server"$/);
  });

  test("that ends at once with status 0 is named, too", async () => {
    await expect(start(await program("ends", "#!/bin/sh\nexit 0\n"))).rejects.toThrow(
      /ended with status 0 before it served/,
    );
  });

  test("that never serves is given up, and does not stay", async () => {
    const silent = await program("silent", `#!/bin/sh\necho $$ > ${folder}/pid; exec sleep 600\n`);
    await expect(start(silent, 300)).rejects.toThrow(/did not answer at http:.* within 0.3 s/);
    const { readFile } = await import("node:fs/promises");
    const pid = (await readFile(join(folder, "pid"), "utf8")).trim();
    expect(await readdir("/proc")).not.toContain(pid);
  });

  test("that may not be executed is told as such", async () => {
    await expect(start(await program("plain", "#!/bin/sh\n", 0o644))).rejects.toMatchObject({
      code: "environment",
      message: expect.stringContaining("EACCES"),
    });
  });
});

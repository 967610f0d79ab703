import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** A bench that makes a folder, starts a program and then tells of both. */
const script = `
  const { spawn } = await import("node:child_process");
  const { Scope } = await import(${JSON.stringify(fileURLToPath(new URL("../core/index.ts", import.meta.url)))});
  const { bound, temporaryFolder } = await import(${JSON.stringify(fileURLToPath(new URL("./lifetime.ts", import.meta.url)))});
  const child = bound(spawn("sleep", ["600"], { detached: true, stdio: "ignore" }));
  console.log(JSON.stringify({ folder: temporaryFolder(new Scope("bench")), pid: child.pid }));
  setInterval(() => {}, 1000);`;

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a bench that is ended by %s leaves no program and no folder",
  async (signal) => {
    const bench = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = (await once(bench.stdout, "data")) as [Buffer];
    const { folder, pid } = JSON.parse(said.toString()) as { folder: string; pid: number };
    expect(existsSync(folder) && existsSync(`/proc/${pid}`)).toBe(true);
    bench.kill(signal);
    // The shell that cleans up kills first and removes the folder last: that is what is waited for.
    while (existsSync(folder)) await new Promise((resolve) => setImmediate(resolve));
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  },
);

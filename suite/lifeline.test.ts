import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Lifeline } from "./lifeline.ts";

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), "mountproof-lifeline-"));

describe("the lifeline", () => {
  test("ends with the run, also after thousands of programs, each forgotten more than once", async () => {
    const path = await folder();
    const lifeline = new Lifeline(path);
    for (let group = 1; group < 2000; group++) {
      lifeline.watch(1_000_000 + group);
      lifeline.forget(1_000_000 + group);
      lifeline.forget(1_000_000 + group);
    }
    lifeline[Symbol.dispose]();
    await lifeline.ended;
    expect(existsSync(path)).toBe(true);
    await rm(path, { recursive: true });
  });

  test("kills what the run left and removes its folder when the run dies without a word", async () => {
    const path = await folder();
    await writeFile(join(path, "secret"), "x");
    const forgotten = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    const left = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    const leftEnded = once(left, "exit");
    const module = fileURLToPath(new URL("./lifeline.ts", import.meta.url));
    const script = `
      const { Lifeline } = await import(${JSON.stringify(module)});
      const lifeline = new Lifeline(${JSON.stringify(path)});
      for (const group of [${forgotten.pid}, ${left.pid}]) lifeline.watch(group);
      lifeline.forget(${forgotten.pid});
      lifeline.forget(${forgotten.pid});
      console.log("ready");
      setInterval(() => {}, 1000);`;
    const run = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(run.stdout, "data");
    run.kill("SIGKILL");
    const [, signal] = await leftEnded;
    expect(signal).toBe("SIGKILL");
    expect(forgotten.exitCode ?? forgotten.signalCode).toBeNull();
    forgotten.kill("SIGKILL");
    // The shell removes the folder right after the kill; its end is what is waited for.
    while (existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
  });

  test("runs the line that it was given last, unless that was taken back", async () => {
    for (const [lines, isRun] of [
      [["touch", "touch"], true],
      [["touch", ""], false],
    ] as const) {
      const path = await folder();
      const mark = `${path}.mark`;
      const lifeline = new Lifeline(path);
      for (const line of lines) lifeline.atDeath(line === "" ? "" : `${line} "${mark}"`);
      await lifeline.cleanUp();
      expect(existsSync(mark)).toBe(isRun);
      expect(existsSync(path)).toBe(false);
      await rm(mark, { force: true });
    }
  });
});

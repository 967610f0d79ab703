import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/mountproof.js", import.meta.url));

test("a fake that is killed has filled Node's compile cache for the next one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mp-cache-"));
  try {
    const child = spawn(process.execPath, [BIN, "fake", "vault", "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_COMPILE_CACHE: folder },
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await readdir(folder, { recursive: true })).length).toBeGreaterThan(100);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

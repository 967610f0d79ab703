import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin/mountproof.js", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-gcp-main-"));
  await writeFile(
    join(folder, "kubeconfig"),
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c" } }],
      clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1" } }],
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("is found under the name that PROVIDER_NAME gives, tells its health, and leaves at SIGTERM", async () => {
  const provider = spawn(
    process.execPath,
    [bin, "provider", "gcp", `--kubeconfig=${join(folder, "kubeconfig")}`, "--metrics_addr=127.0.0.1:0", "-v=5"],
    { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, TARGET_DIR: folder, PROVIDER_NAME: "x" } },
  );
  const ended = once(provider, "exit");
  let lines = "";
  for await (const chunk of provider.stderr) {
    lines += String(chunk);
    if (lines.includes("provider is serving")) break;
  }
  expect(existsSync(join(folder, "x.sock"))).toBe(true);
  const address = /"address":"([^"]+)"/.exec(lines)?.[1];
  expect((await fetch(`${address}/live`)).status).toBe(200);
  expect((await fetch(`${address}/metrics`)).status).toBe(200);
  provider.kill("SIGTERM");
  expect((await ended)[0]).toBe(0);
  expect(existsSync(join(folder, "x.sock"))).toBe(false);
}, 30_000);

test("without an API server it ends as klog's Fatal does", async () => {
  const code = await new Promise((resolve) =>
    execFile(process.execPath, [bin, "provider", "gcp", "--kubeconfig=/nonexistent"], (error) => resolve(error?.code)),
  );
  expect(code).toBe(255);
}, 30_000);

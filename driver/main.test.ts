import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { layoutOf } from "../suite/layout.ts";

/** 127.0.0.1, written so that nobody takes it for loopback: as a cluster's API server it is an address like any other. */
const ELSEWHERE = "[::ffff:127.0.0.1]";

async function writeKubeconfig(folder: string, server: string): Promise<string> {
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server } }],
      users: [{ name: "u", user: { token: "t" } }],
    }),
  );
  return kubeconfig;
}

test.each(["hardened", "upstream-1.6"])(
  "told to stop while there is no API server, the driver (%s) ends at once and takes its socket along",
  async (behaviour) => {
    const folder = await mkdtemp(join(tmpdir(), "mp-driver-main-"));
    const kubeconfig = await writeKubeconfig(folder, "https://127.0.0.1:1");
    const driver = spawn(
      process.execPath,
      [
        ...[join(layoutOf().root, "bin", "mountproof.js"), "driver", "--nodeid=n", "--metrics-addr=0"],
        ...[`--behaviour=${behaviour}`, `--endpoint=unix://${folder}/csi.sock`, `--kubeconfig=${kubeconfig}`],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const ended = new Promise<unknown>((resolve) => driver.once("exit", (code, signal) => resolve(code ?? signal)));
    try {
      await new Promise<void>((resolve) => {
        let said = "";
        for (const stream of [driver.stdout, driver.stderr])
          stream.on("data", (chunk) => {
            said += String(chunk);
            if (said.includes("driver is serving")) resolve();
          });
      });
      driver.kill("SIGTERM");
      expect(await ended).toBe(0);
      expect(await readdir(folder)).toEqual(["kubeconfig"]);
    } finally {
      driver.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test("the driver's process reaches an API server that is not at loopback", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mp-driver-main-"));
  const asked = Promise.withResolvers<string>();
  const api = createServer((request, response) => {
    if (request.url?.includes("secretproviderclasses") === true) asked.resolve(request.url);
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const { port } = api.address() as AddressInfo;
  const kubeconfig = await writeKubeconfig(folder, `http://${ELSEWHERE}:${port}`);
  const args = ["driver", `--endpoint=unix://${folder}/csi.sock`, "--nodeid=n", "--metrics-addr=0"];
  const driver = spawn(process.execPath, [
    join(layoutOf().root, "bin", "mountproof.js"),
    ...args,
    `--kubeconfig=${kubeconfig}`,
  ]);
  const ended = new Promise<string>((resolve) => {
    driver.once("exit", (code) => resolve(`the driver ended with ${code}`));
  });
  try {
    expect(await Promise.race([asked.promise, ended])).toMatch(/\/secretproviderclasses(\?|$)/);
  } finally {
    driver.kill("SIGKILL");
    await ended;
    api.closeAllConnections();
    api.close();
    await rm(folder, { recursive: true, force: true });
  }
});

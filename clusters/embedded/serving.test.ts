import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { VirtualClock } from "../../core/index.ts";
import { CustomResourceDefinitions, Namespaces, Nodes } from "../../kube/resources.ts";
import { EmbeddedCluster } from "./index.ts";

test("the API server is whole when it answers; nodes follow, and are there when the start is done", async () => {
  const seen: string[] = [];
  await using cluster = await new EmbeddedCluster({
    clock: new VirtualClock(),
    mounts: "plain",
    onServing: async (admin) => {
      seen.push(...(await admin.list(CustomResourceDefinitions)).items.map(({ metadata }) => metadata.name ?? ""));
      seen.push(`${(await admin.list(Nodes)).items.length} nodes`);
      await admin.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: "early" } });
      for (const path of ["/api", "/apis", "/openapi/v3", "/openapi/v2", "/.well-known/openid-configuration"])
        seen.push(`${path} ${(await admin.raw("GET", path)).status}`);
    },
  }).start();
  expect(seen).toEqual([
    "secretproviderclasses.secrets-store.csi.x-k8s.io",
    "secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io",
    "0 nodes",
    "/api 200",
    "/apis 200",
    "/openapi/v3 200",
    "/openapi/v2 200",
    "/.well-known/openid-configuration 200",
  ]);
  expect((await cluster.admin.list(Nodes)).items).toHaveLength(1);
  expect(await cluster.admin.find(Namespaces, "early")).toBeDefined();
});

test("who is told first and fails ends the start, and nothing is left", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mp-serving-"));
  const start = new EmbeddedCluster({
    clock: new VirtualClock(),
    folder: join(folder, "cluster"),
    mounts: "plain",
    onServing: () => Promise.reject(new Error("not wanted")),
  }).start();
  await expect(start).rejects.toThrow("not wanted");
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

test("what no request has asked for is not loaded when the API server answers", async () => {
  const program = `
    import { registerHooks } from "node:module";
    const packages = new Set();
    registerHooks({
      load(url, context, next) {
        packages.add(/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]);
        return next(url, context);
      },
    });
    const { EmbeddedCluster } = await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
    const { RealClock } = await import(${JSON.stringify(new URL("../../core/index.ts", import.meta.url).href)});
    await new EmbeddedCluster({
      clock: new RealClock(),
      mounts: "plain",
      onServing: async (admin) => {
        await admin.raw("GET", "/api/v1/namespaces");
        const builtIn = process.moduleLoadList.filter((name) => /internal.deps.undici/.test(name));
        process.stdout.write(JSON.stringify([...packages, ...builtIn]));
        throw new Error("enough");
      },
    }).start().catch((error) => {
      if (error.message !== "enough") throw error;
    });`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  const loaded = JSON.parse(stdout) as (string | null)[];
  expect(loaded).toContain("undici"); // the client's
  for (const name of ["@grpc/grpc-js", "@bufbuild/protobuf", "yaml", "zod", "koffi"])
    expect(loaded).not.toContain(name);
  expect(loaded.filter((name) => /internal.deps/.test(name ?? ""))).toEqual([]);
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseFlags } from "../../core/go/flags.ts";
import { RealClock } from "../../core/index.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../wire/gen/health_pb.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { grpcClient } from "../../wire/grpc/index.ts";
import { AZURE_FLAGS } from "./main.ts";
import { readProbes } from "./replay/probe.ts";

const bin = fileURLToPath(new URL("../../bin/mountproof.js", import.meta.url));
const clock = new RealClock();
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-azure-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the real process did. */
const recorded = (title: string): Readonly<Record<string, unknown>> =>
  readProbes().find((probe) => probe.title === title)?.response ?? {};

const start = (...flags: string[]): ChildProcess =>
  spawn(process.execPath, [bin, "provider", "azure", ...flags], { stdio: ["ignore", "pipe", "pipe"] });

async function ended(
  ...flags: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = start(...flags);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => (out += String(chunk)));
  child.stderr?.on("data", (chunk) => (err += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

test("-version prints JSON and leaves; an endpoint and a cloud that are none end it, as recorded", async () => {
  const [version, endpoint, cloud] = await Promise.all([
    ended("-version"),
    ended("-endpoint=foo://x"),
    ended("-cloud-name=nope", `-endpoint=unix://${folder}/zz.sock`),
  ]);
  expect(version.code).toBe(recorded("-version")["exit"]);
  expect(Object.keys(JSON.parse(version.out) as object)).toEqual(
    Object.keys(JSON.parse(String(recorded("-version")["stdout"])) as object),
  );
  expect(endpoint.code).toBe(recorded("invalid endpoint")["exit"]);
  expect(endpoint.err).toContain("foo://x");
  expect(cloud.code).toBe(recorded("invalid cloud name")["exit"]);
  expect(cloud.err).toContain('There is no cloud environment matching the name "NOPE"');
}, 60_000);

test("serves its name, health and probes, and leaves at SIGTERM without a trace, as recorded", async () => {
  const socket = join(folder, "azure.sock");
  const child = start(`-endpoint=unix://${socket}`, "-healthz-port=0", "-prometheus-port=0", "-behaviour=upstream");
  const exit = once(child, "exit") as Promise<[number]>;
  let log = "";
  for await (const chunk of child.stderr ?? []) {
    log += String(chunk);
    if (log.includes("provider is serving")) break;
  }
  const [port, metricsPort] = [...log.matchAll(/"port":(\d+)/g)].map(([, found]) => found);
  using provider = grpcClient(CSIDriverProvider, { clock, target: { path: socket } });
  const version = await provider.version({ version: "v1alpha1" }, { deadlineMs: 20_000 });
  expect({
    version: version.version,
    runtime_name: version.runtimeName,
    runtime_version: version.runtimeVersion,
  }).toEqual(recorded("Version"));
  using health = grpcClient(Health, { clock, target: { path: socket } });
  for (const service of ["", "unknown"])
    expect((await health.check({ service }, { deadlineMs: 20_000 })).status).toBe(
      HealthCheckResponse_ServingStatus.SERVING,
    );
  expect(await watchCode(socket)).toBe(grpc.status.UNIMPLEMENTED);
  const probe = await fetch(`http://127.0.0.1:${port}/healthz`);
  expect([probe.status, await probe.text()]).toEqual([200, "ok"]);
  expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(metrics).toContain("# TYPE grpc_request histogram");
  child.kill("SIGTERM");
  expect((await exit)[0]).toBe(0);
  expect(existsSync(socket)).toBe(false);
}, 60_000);

/** Streams are not served by this house's adapter: the bare client asks. */
async function watchCode(socket: string): Promise<number | undefined> {
  const client = new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure());
  const bytes = (value: Buffer): Buffer => value;
  const call = client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", bytes, bytes, Buffer.alloc(0));
  const [error] = (await once(call, "error")) as [grpc.ServiceError];
  client.close();
  return error.code;
}

test("the flags of the real one's chart are taken, and others are not", () => {
  expect(parseFlags(["--endpoint=unix:///p", "--log-format-json=true", "-v=5"], AZURE_FLAGS)).toMatchObject({ v: 5 });
  expect(() => parseFlags(["--log-format=json"], AZURE_FLAGS)).toThrow("unknown flag");
});

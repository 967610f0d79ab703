import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RealClock } from "../core/index.ts";
import { createHttpClient } from "../net/index.ts";

const bin = fileURLToPath(new URL("../bin/mountproof.js", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-parts-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [bin, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    ),
  );

test("a fake Vault serves until it is told to stop, and a taken port is named", async () => {
  const fake = spawn(process.execPath, [bin, "fake", "vault", "--port", "0", "--root-token", "root"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(fake, "exit");
  const [line] = (await once(fake.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  expect((await fetch(`${url}/v1/sys/health`)).status).toBe(200);
  const second = await run("fake", "vault", "--port", new URL(url).port);
  expect(second.stderr).toContain(`cannot listen on "127.0.0.1:${new URL(url).port}"`);
  expect(second.code).toBe(3);
  fake.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}, 30_000);

test("a fake AWS serves the seed it is given to the owner of the keys it prints", async () => {
  const seed = join(folder, "aws.yaml");
  await writeFile(seed, "secrets: { eu-west-1: { app: hello } }\n");
  const fake = spawn(process.execPath, [bin, "fake", "aws", "--port", "0", "--seed", seed], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(fake, "exit");
  const [line] = (await once(fake.stdout, "data")) as [Buffer];
  const { url, accessKeyId, secretAccessKey } = JSON.parse(line.toString()) as Record<string, string>;
  const { SecretsManagerClient, GetSecretValueCommand } = await import("@aws-sdk/client-secrets-manager");
  const credentials = { accessKeyId: accessKeyId ?? "", secretAccessKey: secretAccessKey ?? "" };
  const client = new SecretsManagerClient({ region: "eu-west-1", endpoint: url ?? "", credentials });
  expect((await client.send(new GetSecretValueCommand({ SecretId: "app" }))).SecretString).toBe("hello");
  fake.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}, 30_000);

test("a provider serves on its socket, and takes it away when it is told to stop", async () => {
  const socket = join(folder, "vault.sock");
  const provider = spawn(process.execPath, [bin, "provider", "vault", `-endpoint=${socket}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(provider, "exit");
  for await (const chunk of provider.stderr) if (String(chunk).includes("provider is serving")) break;
  expect(existsSync(socket)).toBe(true);
  provider.kill("SIGTERM");
  expect((await ended)[0]).toBe(0);
  expect(existsSync(socket)).toBe(false);
}, 30_000);

test.each([
  [["driver", "--help"], "--rotation-poll-interval", 0],
  [["provider", "vault", "--help"], "--vault-addr", 0],
  [["provider", "aws", "--help"], "--driver-writes-secrets", 0],
  [["provider", "azure", "--help"], "--construct-pem-chain", 0],
])("%j shows the flags of the real one", async (args, text, code) => {
  const ended = await run(...args);
  expect(ended.stdout).toContain(text);
  expect(ended.code).toBe(code);
});

test.each([
  [["driver", "--nope"], "unknown flag: --nope"],
  [["driver", "--nodeid=a", "--kubeconfig=/nonexistent"], 'the kubeconfig "/nonexistent" is of no use'],
  [["provider", "aws"], "Can not get cluster config. error:"],
  [["provider", "nope"], 'there is no provider "nope"'],
  [["provider", "vault", "--endpoint", "x"], 'the endpoint "x" is no absolute path'],
  [["provider", "vault", "--behaviour", "best"], 'no behaviour is named "best"'],
  [["fake", "aws", "--account-id", "1"], '--account-id "1"'],
  [["fake", "azure", "--tls-cert", "x"], '--tls-cert "x"'],
  [["up", "--nodes", "-1"], '--nodes "-1"'],
  [["up", "--kube-version", "1.2"], '--kube-version "1.2"'],
])("%j is one clear error that names the culprit", async (args, message) => {
  const ended = await run(...args);
  expect(ended.stderr).toContain(message);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.code).not.toBe(0);
});

test("a fake Google speaks TLS by an authority of its own, and gives what it was seeded with", async () => {
  const seed = join(folder, "gcp-seed.yaml");
  await writeFile(seed, "projects: { p: {} }\nsecrets: { projects/p/secrets/s: { versions: [one] } }\n");
  const fake = spawn(
    process.execPath,
    [bin, "fake", "gcp", "--port", "0", "--root-token", "root", "--seed", seed, "--tls-dir", folder],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(fake, "exit");
  const [line] = (await once(fake.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  const clock = new RealClock();
  await using http = createHttpClient({ clock, caPem: await readFile(join(folder, "ca.crt"), "utf8") });
  const { body } = await http.request({
    method: "GET",
    url: `${url}/v1/projects/p/secrets/s/versions/latest:access`,
    headers: { authorization: "Bearer root" },
  });
  expect(JSON.parse(body.toString())).toMatchObject({ payload: { data: Buffer.from("one").toString("base64") } });
  fake.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}, 30_000);

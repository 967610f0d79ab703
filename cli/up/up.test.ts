import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { RealClock } from "../../core/index.ts";
import { createKubeClient, loadKubeConfig, Namespaces, ServiceAccounts } from "../../kube/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-up-"));
});
afterAll(async () => {
  await mountproof("down");
  await rm(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };
function run(program: string, args: readonly string[], environment: object = {}): Promise<Ended> {
  const env = { ...process.env, MOUNTPROOF_STATE: join(folder, "state"), TMPDIR: folder, ...environment };
  return new Promise((resolve) =>
    execFile(program, args, { cwd: root, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
    ),
  );
}
const mountproof = (...args: string[]): Promise<Ended> =>
  run(process.execPath, [join(root, "bin", "mountproof.js"), ...args]);
const kubeconfig = (): string => join(folder, "kubeconfig");

/** As an application of examples/vault logs in: Vault asks the API server, by the name of its Service, whose token it is. */
async function vaultLogin(): Promise<unknown> {
  const config = await loadKubeConfig(kubeconfig(), {}, "test");
  await using api = createKubeClient(config, { clock: new RealClock() });
  const metadata = { name: "app-service-account", namespace: "production" };
  await api.create(Namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: metadata.namespace } });
  await api.create(ServiceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata, spec: { audiences: [] } };
  const made = await api.create(ServiceAccounts, request, { subresource: "token" });
  const { token } = made["status"] as { token: string };
  const { stores } = JSON.parse((await mountproof("status", "--json")).stdout) as {
    stores: { name: string; url: string }[];
  };
  const vault = stores.find(({ name }) => name === "vault")?.url;
  const body = JSON.stringify({ role: "app-role", jwt: token });
  return await (await fetch(`${vault}/v1/auth/kubernetes/login`, { method: "POST", body })).json();
}

test("a detached cluster is up, is known to status and env, and is gone after down", { timeout: 120_000 }, async () => {
  const up = await mountproof("up", "--detach", "--kubeconfig", kubeconfig());
  expect(up).toMatchObject({ code: 0, stderr: "" });
  expect(up.stdout).toContain("driver reference");
  expect(up.stdout).toContain("mountproof down ends it");
  expect(up.stdout).not.toContain("Not all of it is Ready");
  const config = JSON.parse(await readFile(kubeconfig(), "utf8")) as { users: { user: { token?: string } }[] };
  expect(config.users[0]?.user.token).toEqual(expect.any(String));
  const status = JSON.parse((await mountproof("status", "--json")).stdout) as { server: string; stores: object[] };
  expect(up.stdout).toContain(status.server);
  expect(await vaultLogin()).toMatchObject({ auth: { policies: ["app-policy", "default"] } });
  expect((await mountproof("env")).stdout).toContain(`export KUBECONFIG='${kubeconfig()}';`);
  const logs = await mountproof("logs");
  expect(logs.stdout).toContain(status.server);
  expect(logs.stdout).toContain("mountproof down ends it");
  expect(logs.stdout).not.toContain("Ctrl-C");
  const following = mountproof("logs", "--follow");
  expect(await mountproof("up", "--detach")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('a cluster "default" runs already'),
  });
  expect((await mountproof("logs")).stdout).toBe(logs.stdout);
  expect(await mountproof("down")).toMatchObject({ code: 0, stdout: 'cluster "default" has ended\n' });
  expect(await following).toEqual({
    code: 0,
    stdout: logs.stdout,
    stderr:
      'following the log of cluster "default": Ctrl-C ends this, and the cluster runs on\ncluster "default" does not run any more\n',
  });
  expect((await mountproof("status")).code).toBe(1);
  expect((await readdir(folder)).filter((name) => name.startsWith("mountproof-"))).toEqual([]);
});

test.each([
  ["told to stop", "SIGTERM"],
  ["killed", "SIGKILL"],
] as const)("a detached cluster whose launcher is %s while it starts is not left behind", async (_what, signal) => {
  const env = { ...process.env, MOUNTPROOF_STATE: join(folder, "state"), TMPDIR: folder };
  const launcher = spawn(process.execPath, [join(root, "bin", "mountproof.js"), "up", "--detach"], {
    cwd: folder,
    env,
    stdio: "ignore",
  });
  const ended = new Promise<number | null>((resolve) => launcher.once("exit", (code) => resolve(code)));
  const runs = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith("mountproof-"));
  await vi.waitUntil(async () => (await runs()).length > 0, { timeout: 20_000 });
  launcher.kill(signal);
  expect(await ended).toBe(signal === "SIGTERM" ? 0 : null);
  await vi.waitUntil(async () => (await runs()).length === 0, { timeout: 20_000 });
  expect((await mountproof("status")).code).toBe(1);
});

test("what cannot be is one error with a hint", { timeout: 60_000 }, async () => {
  const images = join(folder, "images.yaml");
  await writeFile(images, "images: [{image: a, run: b}]");
  expect(await mountproof("up", "--images", images)).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/is no table of images.*\n {2}hint: /s),
  });
  for (const [given, why] of [
    ["missing/folder/x", "ENOENT: no such file or directory"],
    [".", "it is a folder"],
  ] as const)
    expect(await mountproof("up", "--detach", "--kubeconfig", join(folder, given))).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        new RegExp(`the kubeconfig cannot be written to ".*": ${why}.*\\n {2}hint: make its folder`, "s"),
      ),
    });
  expect(await mountproof("up", "--seed", "nosuch.yaml")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('--seed "nosuch.yaml" cannot be read'),
  });
  expect(await mountproof("down")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('no cluster "default" runs here'),
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openContext, ownerOf } from "./context.ts";
import { readFilesBy } from "./seen-files.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-context-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const KUBECONFIG = {
  apiVersion: "v1",
  kind: "Config",
  "current-context": "prod",
  clusters: [
    { name: "far", cluster: { server: "https://api.example.com:6443/", "certificate-authority-data": "Y2E=" } },
    { name: "near", cluster: { server: "https://127.0.0.1:6443" } },
  ],
  users: [
    { name: "token", user: { token: "t0ken" } },
    { name: "cert", user: { "client-certificate-data": "Y2VydA==", "client-key-data": "a2V5" } },
  ],
  contexts: [
    { name: "prod", context: { cluster: "far", user: "token" } },
    { name: "kind-dev", context: { cluster: "near", user: "cert" } },
  ],
};
async function file(content: unknown): Promise<string> {
  const path = join(folder, "kubeconfig");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

// client-node takes a second to load, and many on a busy machine.
describe("a context", { timeout: 60_000 }, () => {
  test("is kind's or our own only at this machine and by its name", () => {
    expect(ownerOf("kind-e2e", "https://127.0.0.1:41234")).toBe("kind");
    expect(ownerOf("mountproof", "https://127.0.0.1:6443")).toBe("mountproof");
    expect(ownerOf("kind-e2e", "https://kind-e2e.example.com")).toBe("somebody");
    expect(ownerOf("mountproof", "https://127.0.0.1.example.com")).toBe("somebody");
    expect(ownerOf("docker-desktop", "https://127.0.0.1:6443")).toBe("somebody");
  });

  test("is opened with its user's token or certificate", async () => {
    const path = await file(KUBECONFIG);
    expect(await openContext(path)).toMatchObject({
      name: "prod",
      owner: "somebody",
      config: { server: "https://api.example.com:6443", caPem: "ca", credentials: { kind: "token", token: "t0ken" } },
    });
    expect(await openContext(path, "kind-dev")).toMatchObject({
      owner: "kind",
      config: { credentials: { kind: "certificate", certPem: "cert", keyPem: "key" } },
    });
  });

  test("that is not in the file, and a file that is none, are told", async () => {
    await expect(openContext(await file(KUBECONFIG), "staging")).rejects.toThrow(
      'it has no context "staging"; it has: prod, kind-dev',
    );
    await expect(openContext(join(folder, "none"))).rejects.toMatchObject({ code: "invalid_config" });
    await expect(openContext(await file(": no: yaml: ["))).rejects.toMatchObject({ code: "invalid_config" });
  });
});

describe("files read by exec", () => {
  const answer =
    (exitCode: number, stdout = "", stderr = "") =>
    async () => ({ exitCode, stdout, stderr });
  const pod = { namespace: "shop", name: "web", container: "app" };
  const line = (mode: string, path: string, content: string): string =>
    `${mode} ${Buffer.from(path).toString("base64")} ${Buffer.from(content).toString("base64")}\n`;

  test("have their mode, their whole path and their bytes", async () => {
    const stdout = line("644", "./db password", "s3cret") + line("400", "./d/b", "");
    expect(await readFilesBy(answer(0, stdout), pod, "/mnt")).toEqual([
      { path: "/mnt/db password", mode: 0o644, content: Buffer.from("s3cret") },
      { path: "/mnt/d/b", mode: 0o400, content: Buffer.alloc(0) },
    ]);
  });

  test("that are not there, or cannot be read, are told with the container", async () => {
    await expect(readFilesBy(answer(3), pod, "/mnt")).rejects.toThrow(
      'container "app" of pod "shop/web" has no "/mnt"',
    );
    await expect(readFilesBy(answer(126, "", "no sh"), pod, "/mnt")).rejects.toThrow("ended with 126: no sh");
  });
});

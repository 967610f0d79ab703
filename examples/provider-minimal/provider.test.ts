import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const provider = fileURLToPath(new URL("provider.ts", import.meta.url));

test("the smallest provider is conformant, and has at most fifty lines", { timeout: 60_000 }, async () => {
  expect((await readFile(provider, "utf8")).trimEnd().split("\n").length).toBeLessThanOrEqual(50);
  const folder = await mkdtemp(join(tmpdir(), "mp-minimal-"));
  try {
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const store = await file("store.json", '{"password":"canary-31aa"}');
    const parameters = await file("parameters.yaml", "objects: password");
    const missing = await file("missing.yaml", "objects: absent");
    const values = await file("values.yaml", "password: canary-31aa");
    const command = `exec '${process.execPath}' '${provider}' --endpoint "$SOCKET" --store '${store}'`;
    const rotate = `echo '{"password":"canary-new"}' > '${store}'`;
    const args = ["run", "--exec", command, "--profile", "PROVIDER-GRPC", "--parameters", parameters];
    args.push("--missing", missing, "--secret-values", values, "--rotate", rotate, "--out", join(folder, "out"));
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) =>
      execFile(process.execPath, [join(root, "bin", "mountproof.js"), ...args], { cwd: folder }, (error, stdout) =>
        resolve({ code: error?.code ?? 0, stdout }),
      ),
    );
    expect(stdout).toMatch(/PROVIDER-GRPC .*: conformant/);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^\d+ passed, 0 failed, 0 skipped$/);
    expect(code).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

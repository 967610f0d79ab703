import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { freePort } from "../../suite/subjects/readiness.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The blocks of a language, in their order; a YAML block's file stands in the line before it. */
function blocks(text: string, language: string): { readonly before: string; readonly body: string }[] {
  const pattern = new RegExp(`([^\\n]*)\\n\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g");
  return [...text.matchAll(pattern)].map(([, before = "", body = ""]) => ({ before, body }));
}

function hasCurl(): boolean {
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("the commands of docs/fakes-in-your-tests.md work as typed", async ({ skip }) => {
  if (!hasCurl()) skip('the program "curl" is not installed');
  const doc = await readFile(join(ROOT, "docs", "fakes-in-your-tests.md"), "utf8");
  const folder = await mkdtemp(join(tmpdir(), "mountproof-docs-"));
  for (const { before, body } of blocks(doc, "yaml")) await writeFile(join(folder, before.replace(/[`:]/g, "")), body);
  let commands = blocks(doc, "sh")
    .map(({ body }) => body)
    .join("\n");
  // Ports that nobody else has, and the time until a fake listens: a reader types slower than a script.
  for (const port of new Set(commands.match(/(?<=--port )\d+/g)))
    commands = commands.replaceAll(port, String(await freePort()));
  const script = commands.replace(/^npx mountproof (.*) &$/gm, "fake $1");
  const shell = `
set -eu
started=""
trap 'for pid in $started; do kill "$pid" && wait "$pid" || true; done' EXIT
fake() {
  : > said
  "$NODE" "$MAIN" "$@" >> said &
  started="$started $!"
  while [ ! -s said ]; do sleep 0.1; done
}
${script}
curl -sS -H "X-Vault-Token: root" $VAULT_ADDR/v1/secret/data/app`;
  const env = {
    ...process.env,
    NODE: process.execPath,
    MAIN: join(ROOT, "bin", "mountproof.js"),
    NO_PROXY: "127.0.0.1",
  };
  try {
    const printed = await new Promise<string>((resolve, reject) =>
      execFile("bash", ["-c", shell], { cwd: folder, env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${error.message}\n${stdout}\n${stderr}`)),
      ),
    );
    expect(printed).toContain('"seeded":true');
    expect(printed).toMatch(/\[\{"id":1,"hits":0,"effect":\{"kind":"status","status":400/);
    expect(printed).toContain('"removed":1');
    expect(printed).toContain('"password":"one-of-many"');
    expect(printed).toContain(Buffer.from("one-of-many").toString("base64"));
    expect(printed).toContain("Vault is sealed");
    expect(await readFile(join(folder, "ca.pem"), "utf8")).toContain("BEGIN CERTIFICATE");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

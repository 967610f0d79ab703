import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningApiServer } from "../index.ts";

/** Where scripts/oracles.ts puts the real clients, and tests look for them. */
export function oracleFolder(env: NodeJS.ProcessEnv = process.env): string {
  return (
    env["MOUNTPROOF_ORACLES"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mountproof/oracles/2.2.2")
  );
}

/** Why the tests with real clients cannot run here; undefined when they can. */
export function whyNoOracles(): string | undefined {
  const missing = ["kubectl/kubectl", "helm/helm"].find((path) => !existsSync(join(oracleFolder(), path)));
  return missing === undefined ? undefined : `there is no ${join(oracleFolder(), missing)}: npm run oracles fetches it`;
}

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Real clients against a server, with a kubeconfig and a home of their own. */
export class Oracles implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "mp-oracle-"));
  readonly #kubeconfig = join(this.folder, "kubeconfig");

  constructor(api: RunningApiServer, token: string) {
    const cluster = {
      server: api.url,
      "certificate-authority-data": Buffer.from(api.caPem).toString("base64"),
    };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "it",
      clusters: [{ name: "it", cluster }],
      users: [{ name: "it", user: { token } }],
      contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
    };
    writeFileSync(this.#kubeconfig, JSON.stringify(config));
  }

  kubectl(args: readonly string[], stdin = ""): Promise<Outcome> {
    return this.#run("kubectl/kubectl", args, stdin);
  }

  helm(args: readonly string[]): Promise<Outcome> {
    return this.#run("helm/helm", args, "");
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(program: string, args: readonly string[], stdin: string): Promise<Outcome> {
    return new Promise((resolve) => {
      const env = { ...process.env, KUBECONFIG: this.#kubeconfig, HOME: this.folder };
      const child = execFile(join(oracleFolder(), program), args, { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
      });
      child.stdin?.end(stdin);
    });
  }
}

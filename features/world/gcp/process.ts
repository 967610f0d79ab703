import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeConfig } from "../../../kube/index.ts";
import { loopbackResolver, type Resolver, startEgressProxy } from "../../../net/index.ts";
import { check } from "../../check.ts";
import type { MountproofWorld } from "../../world.ts";
import { runAuthority } from "../api.ts";
import { ownCommand } from "../store-provider/index.ts";

/** `mountproof provider gcp` as a process of its own, which knows a proxy and a CA file and nothing else of the run. */
export class GcpProcess {
  readonly #world: MountproofWorld;
  #folder = "";
  #statusUrl = "";

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  socketOf(name: string): string {
    return join(this.#folder, `${name}.sock`);
  }

  hasSocket(name: string): boolean {
    return existsSync(this.socketOf(name));
  }

  /** Returns once it serves. */
  async start(
    kubeConfig: KubeConfig,
    resolver: Resolver,
    environment: Readonly<Record<string, string>>,
  ): Promise<void> {
    const world = this.#world;
    const folder = await world.folder();
    this.#folder = join(folder, "providers");
    await mkdir(this.#folder, { recursive: true });
    const { clock, journal, scope, run } = world;
    const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers: [loopbackResolver, resolver] }));
    const [kubeconfig, ca] = [join(folder, "kubeconfig"), join(folder, "ca.crt")];
    await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(kubeConfig)));
    await writeFile(ca, (await runAuthority(world)).certPem);
    const [program, ...argv] = ownCommand(world, [
      "provider",
      "gcp",
      `--kubeconfig=${kubeconfig}`,
      "--metrics_addr=127.0.0.1:0",
      `--behaviour=${world.pass.behaviour === "hardened" ? "hardened" : "upstream"}`,
    ]);
    const child = spawn(program, argv, {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folder,
        TARGET_DIR: this.#folder,
        SSL_CERT_FILE: ca,
        ...proxy.environment("provider/gcp"),
        ...environment,
      },
    });
    scope.defer("GCP provider process", () => void child.kill("SIGKILL"));
    await this.#serving(child);
    if (run.signal?.aborted === true) child.kill("SIGKILL");
  }

  async status(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${this.#statusUrl}${path}`);
    return { status: response.status, text: await response.text() };
  }

  async #serving(child: ChildProcess): Promise<void> {
    let seen = "";
    for await (const chunk of child.stderr ?? []) {
      seen += String(chunk);
      this.#statusUrl = /"address":"([^"]+)"/.exec(seen)?.[1] ?? "";
      if (seen.includes("provider is serving")) break;
    }
    child.stderr?.resume();
    check(this.#statusUrl !== "", "the process serves", { expected: "a line that says so", got: "no such line" });
  }
}

function kubeconfigOf({ server, caPem, credentials }: KubeConfig): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server, "certificate-authority-data": Buffer.from(caPem).toString("base64") } }],
    users: [{ name: "u", user: { token: credentials.kind === "token" ? credentials.token : "" } }],
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { check } from "../../check.ts";
import type { MountproofWorld } from "../../world.ts";
import { ownCommand } from "../store-provider/index.ts";

/** `mountproof provider aws` as a process of its own: how it begins and ends. */
export class AwsProcess {
  readonly #world: MountproofWorld;
  #child: ChildProcess | undefined;
  #folder = "";
  exitCode: number | null = null;

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  get hasSocket(): boolean {
    return existsSync(join(this.#folder, "aws.sock"));
  }

  /** Returns once it serves. */
  async start(kubeconfig: string): Promise<void> {
    const child = await this.#spawn(["--kubeconfig", kubeconfig]);
    for await (const chunk of child.stderr ?? []) if (String(chunk).includes("provider is serving")) break;
    check(this.hasSocket, "the process serves", { expected: "aws.sock", got: "no socket" });
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGTERM");
    await this.#ended();
  }

  async runWithoutCluster(): Promise<void> {
    await this.#spawn([]);
    await this.#ended();
  }

  async #spawn(flags: readonly string[]): Promise<ChildProcess> {
    this.#folder = join(await this.#world.folder(), "volume");
    await mkdir(this.#folder);
    const { KUBECONFIG: _, KUBERNETES_SERVICE_HOST: __, ...environment } = process.env;
    const args = ["provider", "aws", `--provider-volume=${this.#folder}`, ...flags];
    const [program, ...argv] = ownCommand(this.#world, args);
    const child = spawn(program, argv, { stdio: ["ignore", "ignore", "pipe"], env: environment });
    this.#child = child;
    this.#world.scope.defer("AWS provider process", () => child.kill("SIGKILL"));
    return child;
  }

  async #ended(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.stderr?.resume();
    if (child.exitCode === null) await once(child, "exit");
    this.exitCode = child.exitCode;
  }
}

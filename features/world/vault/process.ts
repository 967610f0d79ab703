import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KeptLog, Program, type RunningProgram } from "../../../suite/index.ts";
import { check } from "../../check.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { freeAddress } from "../driver/metrics-of-program.ts";
import { ownCommand } from "../store-provider/index.ts";

/** `mountproof provider vault` as a process of its own: how it begins, and what stands beside its socket. */
export class VaultProviderProcess {
  readonly #world: MountproofWorld;
  #program: RunningProgram | undefined;
  #health = "";
  ended: { readonly code: number | null; readonly said: string } = { code: null, said: "" };

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  async socket(): Promise<string> {
    return join(await this.#world.folder(), "process.sock");
  }

  /** What another process left where the socket shall stand. */
  async leaveFile(): Promise<void> {
    writeFileSync(await this.socket(), "stale");
  }

  /** Returns once it serves. */
  async start(): Promise<void> {
    this.#health = await freeAddress();
    const program = await this.#spawn([`-health-addr=${this.#health}`]);
    const { clock } = this.#world.run;
    while (!program.tail().some((line) => line.includes("provider is serving")) && program.end === undefined)
      await clock.sleep(10);
    const isServing = program.end === undefined;
    check(isServing, "the process serves", { expected: "a line that says so", got: program.tail().join("\n") });
  }

  /** @returns its exit code and what it said */
  async runWithoutCluster(): Promise<{ readonly code: number | null; readonly said: string }> {
    const { code } = await (await this.#spawn(["--behaviour=upstream", "-health-addr="])).ended;
    return { code, said: this.#program?.tail().join("\n") ?? "" };
  }

  async health(path: string): Promise<number> {
    return (await fetch(`http://${this.#health}${path}`)).status;
  }

  async hasSocket(): Promise<boolean> {
    return existsSync(await this.socket());
  }

  async #spawn(flags: readonly string[]): Promise<RunningProgram> {
    const { run, scope } = this.#world;
    const endpoint = `-endpoint=${await this.socket()}`;
    // Whatever cluster the one who runs this knows is not the provider's.
    const env = { KUBECONFIG: "", KUBERNETES_SERVICE_HOST: "" };
    this.#program = scope.use(
      await new Program({
        clock: run.clock,
        name: "the Vault provider",
        log: new KeptLog({ guard: run.guard }),
        lifeline: run.lifeline,
        env,
        command: ownCommand(this.#world, ["provider", "vault", endpoint, ...flags]),
      }).start(),
    );
    return this.#program;
  }
}

export const vaultProviderProcess: Facet<VaultProviderProcess> = (world) => new VaultProviderProcess(world);

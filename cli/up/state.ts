import { readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { MountproofError, makeFolders } from "../../core/index.ts";

/** What is known of a cluster that `mountproof up` runs, for the commands that come later. */
export type UpState = {
  readonly pid: number;
  readonly server: string;
  readonly kubeconfig: string;
  readonly startedAt: string;
  readonly kubeVersion: string;
  readonly nodes: readonly string[];
  readonly driver: string;
  readonly providers: readonly string[];
  readonly stores: readonly { readonly name: string; readonly url: string; readonly hints: readonly string[] }[];
  /** Variables by which this shell's programs reach the names of the outside world that stand for stores and charts. */
  readonly environment: Readonly<Record<string, string>>;
};

/** The folder in which `up` keeps what it knows: `MOUNTPROOF_STATE`, else below the user's state folder. */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment["MOUNTPROOF_STATE"];
  if (own !== undefined && own !== "") return own;
  return join(environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "mountproof");
}

/** One named cluster's files. */
export class StateFiles {
  readonly folder: string;
  readonly #name: string;

  constructor(name: string, folder: string = stateFolder()) {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
      throw new MountproofError("invalid_argument", {
        message: `--name "${name}" is not made of lower-case letters, digits and hyphens`,
      });
    this.#name = name;
    this.folder = folder;
  }

  get log(): string {
    return join(this.folder, `${this.#name}.log`);
  }

  get ca(): string {
    return join(this.folder, `${this.#name}-ca.pem`);
  }

  get #file(): string {
    return join(this.folder, `${this.#name}.json`);
  }

  async write(state: UpState): Promise<void> {
    await this.prepare();
    await writeFile(this.#file, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  }

  async prepare(): Promise<void> {
    await makeFolders(this.folder, 0o700);
  }

  async forget(): Promise<void> {
    await rm(this.#file, { force: true });
    await rm(this.ca, { force: true });
  }

  /** The cluster as it runs now; undefined when none does, also when one died without a word. */
  async read(): Promise<UpState | undefined> {
    const text = await readFile(this.#file, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const state = JSON.parse(text) as UpState;
      return isAlive(state.pid) ? state : undefined;
    } catch {
      return undefined;
    }
  }

  /** @throws MountproofError `address_in_use` when a cluster of this name runs */
  async requireNone(): Promise<void> {
    const running = await this.read();
    if (running === undefined) return;
    throw new MountproofError("address_in_use", {
      message: `a cluster "${this.#name}" runs already, at ${running.server}`,
      hint: "mountproof down ends it; --name gives another one its own name",
    });
  }

  /** @throws MountproofError `not_found` */
  async require(): Promise<UpState> {
    const state = await this.read();
    if (state !== undefined) return state;
    throw new MountproofError("not_found", {
      message: `no cluster "${this.#name}" runs here`,
      hint: "mountproof up --detach starts one; mountproof up in another terminal counts, too",
    });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

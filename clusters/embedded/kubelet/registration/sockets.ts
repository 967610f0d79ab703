import { type FSWatcher, watch } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock } from "../../../../core/index.ts";

/** A socket file; `identity` changes when another takes its place. */
export type SocketFile = { readonly path: string; readonly identity: string };

export type SocketWatchSpec = {
  readonly clock: Clock;
  readonly folder: string;
  /** Called with each socket that is new, or new in place of an old one, and with the path of each that is gone. */
  readonly onAppeared: (socket: SocketFile) => void;
  readonly onGone: (path: string) => void;
};

/**
 * Watches `plugins_registry`, as deep as it goes, for sockets whose names do not start with a dot
 * (spec kubelet-csi §1).
 */
export class SocketWatch implements Disposable {
  readonly #spec: SocketWatchSpec;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #known = new Map<string, string>();

  constructor(spec: SocketWatchSpec) {
    this.#spec = spec;
  }

  /** Begins to watch, then walks what is there. */
  async start(): Promise<void> {
    await this.#walk(this.#spec.folder);
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #walk(folder: string): Promise<void> {
    this.#watch(folder);
    const entries = await readdir(folder).catch(() => []);
    for (const name of entries) await this.#look(join(folder, name));
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const { clock } = this.#spec;
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null) return;
      void clock.activity.track("kubelet socket watch", () => this.#look(join(folder, name.toString())));
    });
    watcher.on("error", () => this.#unwatch(folder)); // the folder itself went away
    this.#watchers.set(folder, watcher);
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  async #look(path: string): Promise<void> {
    if (basename(path).startsWith(".")) return;
    const stat = await lstat(path).catch(() => undefined);
    if (stat?.isDirectory() === true) return await this.#walk(path);
    if (stat?.isSocket() !== true) {
      this.#unwatch(path);
      if (this.#known.delete(path)) this.#spec.onGone(path);
      return;
    }
    const identity = `${stat.ino}-${stat.birthtimeMs}`;
    if (this.#known.get(path) === identity) return;
    this.#known.set(path, identity);
    this.#spec.onAppeared({ path, identity });
  }
}

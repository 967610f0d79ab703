import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Mounter } from "../../../driver/index.ts";
import { check } from "../../check.ts";
import { type SeenFile, seenFiles } from "./seen-files.ts";

/** What is to be taken away in the end, alive or dead. */
const MOUNTS: ReadonlySet<string> = new Set(["mounted", "dead", "unreadable"]);

/** The volumes of the pod, where kubelet keeps them: what lies at a target path, and what a container sees there. */
export class Volumes {
  readonly #folder: string;
  readonly #mounter: Mounter;
  readonly #podUid: () => string;
  /** What a reader saw of two files, reading through `..data`. */
  readonly observed: (readonly [string, string])[] = [];
  /** How the volume stood after each publish. */
  readonly touches: string[] = [];

  /** @param folder kubelet's folder of pods */
  constructor(folder: string, mounter: Mounter, podUid: () => string) {
    this.#folder = folder;
    this.#mounter = mounter;
    this.#podUid = podUid;
  }

  /** tmpfs, or plain folders where mount(2) is refused */
  get mounts(): Mounter["kind"] {
    return this.#mounter.kind;
  }

  target(volume = "vol"): string {
    const parent = join(this.#folder, this.#podUid(), "volumes", "kubernetes.io~csi", volume);
    mkdirSync(parent, { recursive: true });
    return join(parent, "mount");
  }

  isMounted(volume = "vol"): boolean {
    return this.#mounter.inspect(this.target(volume)).kind === "mounted";
  }

  exists(volume = "vol"): boolean {
    return existsSync(this.target(volume));
  }

  /** Whoever puts something into a volume asks first: a driver that made none has failed, not the step. */
  checkExists(): void {
    check(this.exists(), "the driver has made the volume", { expected: "a folder", got: "none" });
  }

  files(volume = "vol"): SeenFile[] {
    return existsSync(this.target(volume)) ? seenFiles(this.target(volume)) : [];
  }

  /** Names at the top of the volume that are no links through `..data`. */
  strayNames(): string[] {
    const target = this.target();
    return readdirSync(target).filter(
      (name) =>
        !name.startsWith("..") &&
        !(lstatSync(join(target, name)).isSymbolicLink() && readlinkSync(join(target, name)).startsWith("..data/")),
    );
  }

  /** Links that lead nowhere, and data directories that nothing points to. */
  leftOvers(): string[] {
    const target = this.target();
    const link = join(target, "..data");
    check(existsSync(link), "the volume has a link ..data", { expected: "..data", got: "none" });
    const data = readlinkSync(link);
    return readdirSync(target).filter((name) =>
      name.startsWith("..") ? name !== "..data" && name !== data : !existsSync(join(target, name)),
    );
  }

  /** Everything below the folder of pods that is outside of volumes' targets. */
  strays(): string[] {
    const inside = this.target();
    const found: string[] = [];
    const walk = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (path === inside) continue;
        if (entry.isDirectory()) walk(path);
        else found.push(path.slice(this.#folder.length));
      }
    };
    walk(this.#folder);
    return found;
  }

  /** Reads two files as a program does that opens `..data` once. */
  observe(): void {
    const data = join(this.target(), "..data");
    if (!existsSync(data)) return;
    const version = join(this.target(), readlinkSync(data));
    try {
      this.observed.push([readFileSync(join(version, "a"), "utf8"), readFileSync(join(version, "b"), "utf8")]);
    } catch (error) {
      // The old version may go while it is read; half a file may not be seen.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  /** Keeps how the volume stands: what is kept changes with every write into it. */
  keepTouch(volume = "vol"): void {
    const target = this.target(volume);
    const data = join(target, "..data");
    if (existsSync(data)) this.touches.push(`${readlinkSync(data)} ${statSync(target).mtimeMs}`);
  }

  putPlainFile(name: string): void {
    this.checkExists();
    const path = join(this.target(), name);
    writeFileSync(path, "plain");
    chmodSync(path, 0o644);
  }

  isPlainFile(name: string): boolean {
    const path = join(this.target(), name);
    return existsSync(path) && lstatSync(path).isFile();
  }

  /** What a failed case left mounted. */
  unmountAll(): void {
    const walk = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (!entry.isDirectory()) continue;
        for (let left = this.#mounter.inspect(path).kind; MOUNTS.has(left); left = this.#mounter.inspect(path).kind)
          this.#mounter.unmount(path, { detach: true });
        walk(path);
      }
    };
    if (existsSync(this.#folder)) walk(this.#folder);
  }
}

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Mounter } from "../../driver/index.ts";

/** A volume as somebody sees it who may do anything to it. */
export class SpoiltVolume {
  readonly #target: string;

  constructor(target: string) {
    this.#target = target;
  }

  get isThere(): boolean {
    return existsSync(join(this.#target, "..data"));
  }

  get isEmpty(): boolean {
    return !existsSync(this.#target) || readdirSync(this.#target).length === 0;
  }

  /** The files of the version that counts: path to content. */
  files(): Map<string, string> {
    const data = join(this.#target, "..data");
    if (!existsSync(data)) return new Map();
    const root = join(this.#target, readlinkSync(data));
    const names = readdirSync(root, { recursive: true }).map(String);
    return new Map(
      names
        .filter((name) => statSync(join(root, name)).isFile())
        .map((name) => [name, readFileSync(join(root, name), "latin1")]),
    );
  }

  /** In the place where readers find it, whatever the link says. */
  write(path: string, content: string): void {
    const file = join(this.#target, "..data", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, "latin1");
  }

  /** Outside of every version, where nothing has its name yet. */
  writeBeside(path: string, content: string): void {
    const [top = ""] = path.split("/");
    if (existsSync(join(this.#target, top))) return;
    mkdirSync(dirname(join(this.#target, path)), { recursive: true });
    writeFileSync(join(this.#target, path), content, "latin1");
  }

  chmod(mode: number): void {
    for (const path of this.files().keys()) chmodSync(join(this.#target, "..data", path), mode);
  }

  truncate(bytes: number): void {
    for (const [path, content] of this.files())
      if (content.length > bytes) truncateSync(join(this.#target, "..data", path), bytes);
  }

  touch(): void {
    if (this.isThere) utimesSync(this.#target, 1, 1);
  }

  removePlainFiles(): void {
    for (const name of existsSync(this.#target) ? readdirSync(this.#target) : [])
      if (lstatSync(join(this.#target, name)).isFile()) unlinkSync(join(this.#target, name));
  }

  /** As a writer does that forgot about links. */
  empty(): void {
    for (const name of existsSync(this.#target) ? readdirSync(this.#target) : [])
      rmSync(join(this.#target, name), { recursive: true, force: true });
  }

  mount(mounter: Mounter): void {
    mkdirSync(this.#target, { recursive: true });
    if (mounter.inspect(this.#target).kind === "unmounted") mounter.mount(this.#target);
  }

  /** Everything goes, as after a reboot. */
  takeAway(mounter: Mounter): void {
    if (mounter.inspect(this.#target).kind !== "mounted") return;
    mounter.unmount(this.#target, { detach: true });
    rmSync(this.#target, { recursive: true, force: true });
  }
}

/** The targets of all volumes below kubelet's folder of pods. */
export function targetsBelow(kubeletRootDir: string): string[] {
  const pods = join(kubeletRootDir, "pods");
  if (!existsSync(pods)) return [];
  return readdirSync(pods).flatMap((uid) => {
    const volumes = join(pods, uid, "volumes", "kubernetes.io~csi");
    return existsSync(volumes) ? readdirSync(volumes).map((name) => join(volumes, name, "mount")) : [];
  });
}

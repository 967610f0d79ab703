import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { MountproofError, messageOf } from "../../../../core/index.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { createSigningKey, type SigningKey, signingKeyOf } from "../../../../net/index.ts";
import type { Store } from "./store.ts";

/** One write to the store; an object that is null was deleted. */
type Line = { readonly t: string; readonly k: string; readonly v: number; readonly o: KubeObject | null };

/** After so many lines the file is written anew, with what still stands. */
const LINES_UNTIL_REWRITE = 100_000;

/**
 * Keeps a store in a folder, as etcd keeps a real server's: each write is a line of a file, read again at the next start.
 * A line that was cut off by a crash was answered by nobody and counts as never written. The folder holds Secrets and the
 * key that signs tokens: it is its owner's alone.
 */
export class StateFolder implements Disposable {
  readonly #folder: string;
  readonly #store: Store;
  #file: number | undefined;
  #lines = 0;

  /** @throws MountproofError `environment` for a folder that cannot be used */
  constructor(folder: string, store: Store) {
    this.#folder = folder;
    this.#store = store;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new MountproofError("environment", {
        message: `the state cannot be kept in "${folder}": ${messageOf(cause)}`,
        hint: "name a folder that you may write to",
        cause,
      });
    }
  }

  /** Brings the store to where it was, then writes down what comes. */
  restore(): void {
    const known = new Map<string, Line>();
    let version = 0;
    for (const line of linesOf(this.#path)) {
      known.set(`${line.t} ${line.k}`, line);
      version = Math.max(version, line.v);
    }
    const standing = [...known.values()].filter(({ o }) => o !== null).sort((a, b) => a.v - b.v);
    for (const { k, o, t, v } of standing) if (o !== null) this.#store.restore(t, k, o, v);
    this.#store.skipTo(version);
    this.#rewrite();
    this.#store.onWrite((t, k, v, o) => this.#append({ t, k, v, o }));
  }

  /** The key that signed the tokens which are still about; made at the first start. */
  async signingKey(): Promise<SigningKey> {
    const path = join(this.#folder, "signing-key.pem");
    if (existsSync(path)) return signingKeyOf(readFileSync(path, "utf8"));
    const key = await createSigningKey();
    writeFileSync(path, key.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    return key;
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  get #path(): string {
    return join(this.#folder, "objects.ndjson");
  }

  #append(line: Line): void {
    if (this.#file === undefined) return; // it is over
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    if (++this.#lines >= LINES_UNTIL_REWRITE) this.#rewrite();
  }

  /** What stands goes into a new file that takes the old one's place whole. */
  #rewrite(): void {
    const lines: string[] = [];
    for (const { key: k, object: o, resourceVersion: v, table: t } of this.#store.everything())
      lines.push(JSON.stringify({ t, k, v, o } satisfies Line));
    // The newest version may have been a deletion's: it is not given out twice.
    lines.push(JSON.stringify({ t: "", k: "", v: this.#store.version, o: null } satisfies Line));
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, `${lines.join("\n")}\n`, { mode: 0o600 });
    renameSync(fresh, this.#path);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = openSync(this.#path, "a", 0o600);
    this.#lines = 0;
  }
}

function linesOf(path: string): Line[] {
  if (!existsSync(path)) return [];
  // What stands behind the last line's end was cut off in the middle.
  const texts = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return texts.map((text, index) => {
    try {
      return JSON.parse(text) as Line;
    } catch (cause) {
      throw new MountproofError("environment", {
        message: `line ${index + 1} of "${path}" is not what was written there`,
        hint: "the file was changed by somebody else; start with another folder",
        cause,
      });
    }
  });
}

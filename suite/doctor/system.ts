import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** What a program said when it was asked. */
export type Answer =
  | { readonly ok: true; readonly said: string }
  /** `missing`: there is no such program. */
  | { readonly ok: false; readonly missing: boolean; readonly why: string };

/** The machine as the doctor sees it; tests hand in another. */
export type System = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nodeVersion: string;
  readonly platform: string;
  /** The user's number; undefined where there is none. */
  readonly uid: number | undefined;
  ask(file: string, ...args: readonly string[]): Promise<Answer>;
  /** Undefined when it cannot be read. */
  read(path: string): Promise<string | undefined>;
  /** Whether a package can be loaded from here. */
  canImport(name: string): Promise<boolean>;
};

/** A program that takes longer to say its name is not there for us. */
const PROBE_MS = 10_000;
const PULL_MS = 600_000;
const run = promisify(execFile);

export const thisMachine: System = {
  env: process.env,
  nodeVersion: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
  uid: process.getuid?.(),
  ask: async (file, ...args) => {
    try {
      const { stdout } = await run(file, args, { timeout: args[0] === "pull" ? PULL_MS : PROBE_MS });
      return { ok: true, said: stdout.trim() };
    } catch (error) {
      const { code, stderr = "", stdout = "" } = error as { code?: unknown; stderr?: string; stdout?: string };
      const words = `${stderr}\n${stdout}`.trim().split("\n").at(-1) ?? "";
      return { ok: false, missing: code === "ENOENT", why: words === "" ? `"${file}" ended with ${code}` : words };
    }
  },
  read: async (path) => await readFile(path, "utf8").catch(() => undefined),
  canImport: async (name) =>
    await import(name).then(
      () => true,
      () => false,
    ),
};

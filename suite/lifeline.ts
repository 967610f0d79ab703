import { type ChildProcess, spawn } from "node:child_process";

/**
 * A small shell that outlives the run: when the run's end of its pipe closes without a word, as on `kill -9`, it
 * ends the process groups it was told of, runs the line that it was given, unmounts what is mounted below the run's
 * folder and removes the folder.
 * It needs no privilege beyond the run's own, and nothing of Node.
 */
const SCRIPT = `
groups=" "
last=""
while read -r verb value; do
  case "$verb" in
    watch) groups="$groups$value " ;;
    forget) case "$groups" in *" $value "*) groups=\${groups%%" $value "*}" "\${groups#*" $value "} ;; esac ;;
    last) last="$value" ;;
    over) exit 0 ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
[ -z "$last" ] || sh -c "$last" </dev/null >/dev/null 2>&1
while read -r _ target _; do case "$target" in "$1"/*) echo "$target" ;; esac; done < /proc/mounts 2>/dev/null |
  sort -r | while read -r target; do umount -l "$target" 2>/dev/null; done
rm -rf -- "$1"
`;

export class Lifeline implements Disposable {
  readonly #shell: ChildProcess;
  /** Resolves when the shell has ended: told that all is over, or after it has cleaned up. */
  readonly ended: Promise<void>;

  /** @param folder what to remove when the run dies; an absolute path without blanks */
  constructor(folder: string) {
    // Its own session: a Ctrl-C in the terminal, or a kill of the run's group, must not reach it.
    this.#shell = spawn("/bin/sh", ["-c", SCRIPT, "mountproof-lifeline", folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
    });
    this.ended = new Promise((resolve) => this.#shell.once("exit", () => resolve()).once("error", () => resolve()));
    this.#shell.on("error", () => {}); // without a shell the next start sweeps
    this.#shell.stdin?.on("error", () => {});
    this.#shell.unref();
    const pipe = this.#shell.stdin as { unref?: () => void } | null;
    pipe?.unref?.();
  }

  /** Ends this process group, should the run die. */
  watch(group: number): void {
    this.#shell.stdin?.write(`watch ${group}\n`);
  }

  /** The group has ended by itself; its number may be used again. */
  forget(group: number): void {
    this.#shell.stdin?.write(`forget ${group}\n`);
  }

  /** Runs a line of shell, should the run die: what lives outside of its process groups. An empty one takes it back. */
  atDeath(line: string): void {
    this.#shell.stdin?.write(`last ${line}\n`);
  }

  /** Does now what it would do for a run that died, and resolves when that is done. */
  async cleanUp(): Promise<void> {
    this.#shell.stdin?.end();
    await this.ended;
  }

  [Symbol.dispose](): void {
    this.#shell.stdin?.end("over\n");
  }
}

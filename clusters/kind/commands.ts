import { MountproofError } from "../../core/index.ts";

/** Runs `kind`, `docker` and `node` for the cluster. */
export type Commands = {
  /** @throws MountproofError `environment` naming the command and what it said, `cancelled` when the signal aborts */
  run(file: string, args: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<string>;
};

/** Ends process groups, should this process die. */
export type GroupWatch = { watch(group: number): void; forget(group: number): void };

/** @param env their environment: PATH decides which programs these are */
export function commandsIn(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  groups?: GroupWatch,
): Commands {
  return {
    run: async (file, args, { signal } = {}) => {
      const { execa } = await import("execa");
      const running = execa(file, [...args], {
        env,
        extendEnv: false,
        cwd,
        stdin: "ignore",
        reject: false,
        // A terminal's Ctrl-C is for the run, which then ends its commands itself.
        detached: process.platform !== "win32",
        ...(signal !== undefined && { cancelSignal: signal }),
        forceKillAfterDelay: 5000,
      });
      const { pid } = running;
      if (pid !== undefined) groups?.watch(pid);
      const result = await running;
      if (pid !== undefined) groups?.forget(pid);
      if (!result.failed) return result.stdout;
      const line = [file, ...args].join(" ");
      if (result.isCanceled)
        throw new MountproofError("cancelled", { message: `"${line}" was interrupted`, cause: result });
      if (result.code === "ENOENT")
        throw new MountproofError("environment", {
          message: `the program "${file}" is not installed`,
          hint: "mountproof doctor says what tier E2 needs",
          cause: result,
        });
      const said = `${result.stderr}\n${result.stdout}`.trim().split("\n").slice(-5).join("\n");
      throw new MountproofError("environment", {
        message: `"${line}" ended with ${result.exitCode ?? result.signal}: ${said}`,
        hint: hintFor(said),
        cause: result,
      });
    },
  };
}

/** What to do about the failures that are known (the doctor looks for them before, where it can). */
function hintFor(said: string): string {
  if (/permission denied.*docker|docker daemon socket/i.test(said))
    return "may you use Docker? mountproof doctor tells";
  if (/operation not permitted|CAP_SYS_RESOURCE|oom_score_adj/i.test(said))
    return "the machine may lack CAP_SYS_RESOURCE, which kind's privileged node needs: mountproof doctor tells";
  if (/failed to pull image|pull access denied|manifest unknown|no such host/i.test(said))
    return "an image is neither here nor to be had: name one that Docker has, by --image for the node, by --base-image for what this project's are built from";
  if (/cgroup/i.test(said)) return "kubelet refuses cgroup v1 since 1.35: take --image 1.34";
  return "mountproof doctor says what tier E2 needs";
}

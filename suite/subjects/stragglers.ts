import { readdir, readFile } from "node:fs/promises";

/**
 * Ends what a program started into a session of its own, as daemons do: it is in no group that could be told, and is
 * known by a variable that it inherited. Where there is no /proc, nothing is found.
 * @param variable `NAME=value`, of this run alone
 */
export async function endStragglers(variable: string): Promise<void> {
  // One that forks while it is looked for is found the next time; whoever forks for ever is not waited for.
  for (let round = 0; round < 20; round++) {
    const found = await inheritors(variable);
    if (found.length === 0) return;
    for (const pid of found)
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // ESRCH: it has ended meanwhile
      }
  }
}

async function inheritors(variable: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Another user's is not ours to read; one that is over has none any more.
      const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      return environment.split("\0").includes(Buffer.from(variable).toString("latin1"));
    }),
  );
  return pids.filter((_, index) => found[index]).map(Number);
}

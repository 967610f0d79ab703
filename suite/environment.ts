import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Need } from "./needs.ts";

/** Something a case may need of the machine, looked for once and never guessed. */
export type Fact = {
  readonly need: Need;
  readonly name: string;
  readonly available: boolean;
  /** What was found, or why it cannot serve: a skip's reason. */
  readonly detail: string;
};

/** A program that takes longer to say its name is not there for us. */
const PROBE_MS = 5000;

const run = promisify(execFile);

/** What this machine offers. Each probe does the thing itself, in a process of its own. */
export async function probeEnvironment(needs: readonly Need[]): Promise<Fact[]> {
  const wanted = Object.entries(PROBES).filter(([need]) => needs.includes(need as Need));
  return await Promise.all(wanted.map(async ([need, probe]) => ({ need: need as Need, ...(await probe()) })));
}

type Probe = () => Promise<Omit<Fact, "need">>;

const PROBES: Partial<Record<Need, Probe>> = {
  // A mount made in a mount namespace of its own is gone with the process; nothing is left behind.
  mounts: () =>
    tried("mount(2)", "tmpfs mounts work", "unshare", [
      "--mount",
      "--propagation",
      "private",
      "mount",
      "-t",
      "tmpfs",
      "none",
      "/mnt",
    ]),
  namespaces: () =>
    tried("namespaces", "user, mount and pid namespaces work", "unshare", [
      "--user",
      "--map-root-user",
      "--mount",
      "--pid",
      "--fork",
      "true",
    ]),
  docker: () => tried("Docker", "a server answers", "docker", ["version", "--format", "{{.Server.Version}}"]),
  kind: () => tried("kind", "the program is there", "kind", ["version"]),
  cloud: async () => ({
    name: "cloud credentials",
    available: false,
    detail: "real clouds are reached through a kubeconfig: tier E3, which this version does not run",
  }),
  "real-kubelet": async () => ({
    name: "a real kubelet",
    available: false,
    detail: "the embedded cluster's kubelet is simulated; a real one comes with tier E2",
  }),
};

async function tried(name: string, detail: string, file: string, args: readonly string[]): Promise<Omit<Fact, "need">> {
  try {
    const { stdout } = await run(file, args, { timeout: PROBE_MS });
    const said = stdout.trim().split("\n")[0] ?? "";
    return { name, available: true, detail: said === "" ? detail : `${detail} (${said})` };
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const why =
      code === "ENOENT"
        ? `the program "${file}" is not installed`
        : lastLine(stderr ?? "") || `"${file}" ended with ${code}`;
    return { name, available: false, detail: `${name} cannot be used${whoAsks(file)}: ${why}` };
  }
}

/** Whoever is not root reads the system's refusal with other eyes. */
function whoAsks(file: string): string {
  const uid = process.getuid?.();
  return file !== "unshare" || uid === undefined || uid === 0 ? "" : ` by user ${uid}, and root may`;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

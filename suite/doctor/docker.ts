import type { Check } from "./check.ts";
import type { System } from "./system.ts";

/** Bit of CAP_SYS_RESOURCE in a capability set (capabilities(7)). */
const CAP_SYS_RESOURCE = 24n;
/** What Docker starts containers with where nobody said otherwise; it asks for every capability for a privileged one. */
const DOCKERS_OWN_RUNTIME = "runc";

/** The daemon first; then what kind's privileged node needs of it. */
export async function checkDocker(system: System): Promise<Check[]> {
  return [await daemon(system), await capability(system), await cgroups(system)];
}

async function daemon(system: System): Promise<Check> {
  const check = { id: "docker", name: "Docker" };
  const answer = await system.ask("docker", "version", "--format", "{{.Server.Version}}");
  if (answer.ok) return { ...check, ok: true, detail: `a server answers (${answer.said})` };
  if (answer.missing)
    return { ...check, ok: false, detail: 'the program "docker" is not installed', todo: "install Docker" };
  if (/permission denied/i.test(answer.why))
    return {
      ...check,
      ok: false,
      detail: `this user may not speak to the Docker daemon: ${answer.why}`,
      todo: "join the group that owns its socket (sudo usermod -aG docker $USER, then log in anew), or run as root",
    };
  if (/cannot connect|is the docker daemon running|no such file/i.test(answer.why))
    return {
      ...check,
      ok: false,
      detail: `the Docker daemon does not run: ${answer.why}`,
      todo: "start it: systemctl start docker, or dockerd",
    };
  return { ...check, ok: false, detail: answer.why, todo: "docker version must answer" };
}

/** Whether a container of this image can be run here, or why not: it is pulled if it is not there. */
export async function canRunImage(system: System, image: string): Promise<true | string> {
  const { ok, detail } = await daemon(system);
  if (!ok) return `its container needs Docker: ${detail}`;
  if (!(await system.canImport("testcontainers"))) return 'its container needs the package "testcontainers"';
  if ((await system.ask("docker", "image", "inspect", "--format", "{{.Id}}", image)).ok) return true;
  const pulled = await system.ask("docker", "pull", "--quiet", image);
  return pulled.ok || `its image "${image}" cannot be had: ${pulled.why}`;
}

async function capability(system: System): Promise<Check> {
  const check = { id: "sys-resource", name: "CAP_SYS_RESOURCE for privileged containers" };
  const text = await system.read("/proc/self/status");
  const bounding = /^CapBnd:\s*([0-9a-f]+)/m.exec(text ?? "")?.[1];
  if (bounding === undefined) return { ...check, ok: true, detail: "not told here: no capability sets" };
  if ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n)
    return { ...check, ok: true, detail: "the machine's bounding set has it" };
  const lacking = "the machine's capability bounding set lacks it";
  // Whoever made a runtime of their own the default one did so for this: what it leaves out only a container would show.
  const runtime = await system.ask("docker", "info", "--format", "{{.DefaultRuntime}}");
  if (runtime.ok && runtime.said !== "" && runtime.said !== DOCKERS_OWN_RUNTIME)
    return {
      ...check,
      ok: true,
      detail: `${lacking}; the Docker daemon's default runtime "${runtime.said}" has to leave it out`,
    };
  return {
    ...check,
    ok: false,
    detail: `${lacking}, so that Docker refuses kind's --privileged node`,
    todo: "give the Docker daemon a default runtime that leaves out this capability and negative OOM scores (default-runtime in daemon.json: a program that edits config.json and starts runc)",
  };
}

async function cgroups(system: System): Promise<Check> {
  const check = { id: "cgroups", name: "cgroup v2" };
  if ((await system.read("/sys/fs/cgroup/cgroup.controllers")) !== undefined)
    return { ...check, ok: true, detail: "the machine has the unified hierarchy" };
  return {
    ...check,
    ok: false,
    detail: "the machine has cgroup v1, which kubelet refuses by default since 1.35",
    todo: "take a node image of Kubernetes 1.34 (mountproof run --tier E2 --image …), or boot with cgroup v2",
  };
}

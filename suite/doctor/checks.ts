import { join } from "node:path";
import { oracleFolder } from "../../clusters/embedded/apiserver/testing/oracles.ts";
import { findEmulators } from "../emulators/index.ts";
import type { Check } from "./check.ts";
import { checkDocker } from "./docker.ts";
import type { Answer, System } from "./system.ts";

const OLDEST_NODE = [22, 22] as const;

/** Everything that one tier or another needs, asked for by doing it. */
export async function examine(system: System): Promise<Check[]> {
  const docker = await checkDocker(system);
  const containers = await testcontainers(system);
  const lacking = [docker[0], containers].find((check) => check?.ok !== true);
  const found = await findEmulators("auto", async () => lacking === undefined || lacking.detail, system.env);
  return [
    node(system),
    root(system),
    ...(await Promise.all([
      tried(system, "mounts", "mount(2)", "tmpfs mounts work", [
        ...["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt"],
      ]),
      tried(system, "namespaces", "namespaces", "user, mount and pid namespaces work", [
        ...["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "true"],
      ]),
    ])),
    ...docker,
    await program(system, "kind", ["kind", "version"], "go install sigs.k8s.io/kind@v0.30.0, or see kind.sigs.k8s.io"),
    await client(system, "kubectl", ["version", "--client"]),
    await client(system, "helm", ["version", "--short"]),
    await python(system),
    containers,
    ...found.emulators.map(({ name, title, source }) => ({
      id: name,
      name: title,
      ok: true,
      detail: source.how === "program" ? `the program ${source.path}` : `the image ${source.image}, pulled when needed`,
    })),
    ...found.missing.map(({ name, reason }) => ({
      id: name,
      name,
      ok: false,
      detail: reason,
      todo: "give its program by the variable, or run Docker",
    })),
  ];
}

function node({ nodeVersion, platform }: System): Check {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const detail = `${nodeVersion} on ${platform}`;
  if (ok) return { id: "node", name: "Node", ok, detail };
  const todo = `install Node ${OLDEST_NODE.join(".")} or newer; npm ci brings one for npm scripts`;
  return { id: "node", name: "Node", ok, detail: `${detail} is too old`, todo };
}

function root({ uid }: System): Check {
  const check = { id: "root", name: "root" };
  if (uid === 0) return { ...check, ok: true, detail: "this user may mount" };
  return {
    ...check,
    ok: false,
    detail: `this user ${uid === undefined ? "is not root" : `has the number ${uid}`}, and mounts and --provider STORE=PATH need root`,
    todo: "run as root (sudo env PATH=$PATH npm run e2e); without it their cases are skipped, and the rest runs",
  };
}

const TODO: Readonly<Record<string, string>> = {
  mounts: "run as root; without mounts plain folders stand for them, and cases about tmpfs are skipped",
  namespaces: "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1), or run as root",
};

async function tried(
  system: System,
  id: string,
  name: string,
  works: string,
  command: readonly string[],
): Promise<Check> {
  const [file = "", ...args] = command;
  const answer = await system.ask(file, ...args);
  return { id, name, ...verdict(answer, works), ...(!answer.ok && { todo: TODO[id] ?? "" }) };
}

/** A client as tests find it: by its variable, else what `npm run oracles` has fetched, else on the search path. */
async function client(system: System, name: "kubectl" | "helm", args: readonly string[]): Promise<Check> {
  const variable = `MOUNTPROOF_${name.toUpperCase()}`;
  const todo = `npm run oracles fetches one; name another by ${variable}`;
  const given = system.env[variable];
  if (given !== undefined) return await program(system, name, [given, ...args], todo);
  const fetched = join(oracleFolder({ ...system.env }), name, name);
  const found = await program(system, name, [fetched, ...args], todo);
  // A shell does not look there by itself.
  if (found.ok) return { ...found, detail: `${found.detail}, at ${fetched}` };
  return await program(system, name, [name, ...args], todo);
}

async function program(system: System, name: string, command: readonly string[], todo: string): Promise<Check> {
  const [file = "", ...args] = command;
  const answer = await system.ask(file, ...args);
  const said = answer.ok ? (answer.said.split("\n")[0] ?? "") : "";
  return { id: name, name, ...verdict(answer, said || "the program is there", file), ...(!answer.ok && { todo }) };
}

function verdict(answer: Answer, works: string, file = ""): Pick<Check, "ok" | "detail"> {
  if (answer.ok) return { ok: true, detail: works };
  return { ok: false, detail: answer.missing ? `the program "${file || "unshare"}" is not installed` : answer.why };
}

async function python(system: System): Promise<Check> {
  const file = system.env["MOUNTPROOF_PYTHON"] ?? "python3";
  const found = await system.ask(file, "-c", "import sys, watchdog; print(sys.version.split()[0])");
  const check = { id: "python", name: "Python with watchdog" };
  if (found.ok) return { ...check, ok: true, detail: found.said };
  return {
    ...check,
    ok: false,
    detail: found.missing ? `the program "${file}" is not installed` : found.why,
    todo: "pip install watchdog; name another Python by MOUNTPROOF_PYTHON",
  };
}

async function testcontainers(system: System): Promise<Check> {
  const ok = await system.canImport("testcontainers");
  const check = { id: "testcontainers", name: "testcontainers" };
  if (ok) return { ...check, ok, detail: "the package can be loaded" };
  return { ...check, ok, detail: "the package cannot be loaded", todo: "npm install testcontainers" };
}

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import type { ImageFile } from "./program.ts";
import { type Changeable, type Rights, withRights } from "./rights.ts";
import type { ContainerMount } from "./runtime.ts";
import { inTerminal } from "./terminal.ts";
import { isOfSystem, MAKE_VIEW, viewArguments } from "./view-script.ts";

/** A program to run with a container's eyes. */
export type ViewCommand = {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly ContainerMount[];
  readonly workingDir?: string;
  /** Left out: those of this process. */
  readonly rights?: Rights;
  /** Nothing can be written but in what it mounts. */
  readonly readOnlyRoot?: boolean;
  /** A terminal instead of pipes. */
  readonly tty?: boolean;
  /** Files and folders of this machine that belong to the image: seen at the same path, read-only. */
  readonly expose?: readonly string[];
  /** What the image has at paths of its own. */
  readonly files?: readonly ImageFile[];
  /** Starts it in the pod's network, where that is not this machine's own. */
  readonly within?: <T>(act: () => T) => T;
};

/** How containers' processes see their volumes at the paths of the pod's spec. */
export interface Views {
  /** `paths`: namespaces are refused here, and paths below mounts are rewritten in arguments and environment. */
  readonly kind: "namespaces" | "paths";
  /** What of a process's rights can be changed here. */
  readonly can: Changeable;
  /** A process in a view of its own, once that is made; it leads a process group. @throws Error when it cannot be */
  spawn(command: ViewCommand): Promise<ChildProcess>;
  /** Another process in the view of one that runs. */
  enter(pid: number, command: ViewCommand): Promise<ChildProcess>;
  /** Whether a path of this machine is seen in every view at the same path. */
  shows(path: string): boolean;
}

/** What a process finds when its container's image says nothing else. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export type ViewsSpec = {
  /** A folder that views may use as their root's mount point; nothing is kept in it. */
  readonly folder: string;
  /** Folders of the host that every view has at the same path, read-only, besides the system's. */
  readonly expose?: readonly string[];
  /** Folder of the node whose mounts the node's namespaces share: only there can a container pass mounts on. */
  readonly shared?: string;
};

/** Namespaces where they work when tried, rewritten paths where they do not. */
export async function openViews(spec: ViewsSpec): Promise<Views> {
  await mkdir(spec.folder, { recursive: true });
  const isolated = [...ISOLATE, ...PRIVATE, "/bin/sh", "-c", `mount -t tmpfs none "$0"`, spec.folder];
  const setpriv = await programOfMachine("setpriv");
  const [namespaces, groups, capabilities] = await Promise.all([
    works(isolated),
    works([setpriv, "--clear-groups", "true"]),
    works([setpriv, "--inh-caps=-all", "--bounding-set=-all", "true"]),
  ]);
  const can = { groups, capabilities, setpriv };
  return namespaces ? namespaceViews(spec, can) : pathViews(can);
}

async function programOfMachine(name: string): Promise<string> {
  for (const folder of DEFAULT_PATH.split(":")) {
    const path = join(folder, name);
    if ((await stat(path).catch(() => undefined))?.isFile() === true) return path;
  }
  return name;
}

async function works([program = "", ...args]: readonly string[]): Promise<boolean> {
  return await promisify(execFile)(program, args, { timeout: 5000 }).then(
    () => true,
    () => false,
  );
}

/** The container dies with whoever started it, `kill -9` included. */
const ISOLATE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"];
const PRIVATE = ["--propagation", "private"];
/** The script makes private what is not to be shared. */
const UNCHANGED = ["--propagation", "unchanged"];

function namespaceViews({ folder, shared, expose = [] }: ViewsSpec, can: Changeable): Views {
  const node = dirname(dirname(process.execPath));
  const always = [...new Set([node, ...expose])].filter((path) => !isOfSystem(path));
  return {
    kind: "namespaces",
    can,
    shows: (path) => isOfSystem(path) || always.some((folder) => path === folder || path.startsWith(`${folder}/`)),
    spawn: async (wanted) => {
      const { command, env, mounts, workingDir = "/", rights, readOnlyRoot = false, tty, within } = wanted;
      const exposed = [...always, ...(wanted.expose ?? []).filter((path) => !isOfSystem(path))];
      const files = [...exposed.map((path) => ({ path, source: path })), ...(wanted.files ?? [])];
      const isPassing = mounts.some(({ propagation }) => propagation !== undefined);
      const inside = [...withRights(rights, can), ...inTerminal(command, tty)];
      const args = viewArguments({ root: folder, shared, files, readOnlyRoot, mounts, workingDir, command: inside });
      const isolate = [...ISOLATE, ...(isPassing ? UNCHANGED : PRIVATE)];
      const script = ["/bin/sh", "-c", MAKE_VIEW, "container", ...args];
      return await made(start([...isolate, ...script], homed(env, rights), { tells: true, tty, within }));
    },
    enter: async (pid, { command, env, workingDir = "/", rights, tty, within }) => {
      const init = await firstChild(pid);
      const into = ["nsenter", "--target", String(init), "--mount", "--pid", "--root", "--wd"];
      const inside = [...withRights(rights, can), ...inTerminal(command, tty)];
      const go = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', workingDir, ...inside];
      const died = ["setpriv", "--pdeathsig", "KILL"];
      return await spawned(start([...died, ...into, ...go], homed(env, rights), { tty, within }));
    },
  };
}

function pathViews(can: Changeable): Views {
  const run = async (wanted: ViewCommand): Promise<ChildProcess> => {
    const { command, env, mounts, rights, tty, within, files = [] } = wanted;
    const rewrite = pathRewriter([...mounts, ...files.map(({ path, source }) => ({ mountPath: path, path: source }))]);
    const rewritten = new Map([...homed(env, rights)].map(([name, value]) => [name, rewrite(value)]));
    const search = (env.get("PATH") ?? DEFAULT_PATH).split(":");
    const named = files.find(({ path }) => basename(path) === command[0] && search.includes(dirname(path)));
    const found = [named?.path ?? command[0] ?? "", ...command.slice(1)];
    const words = [...withRights(rights, can), ...inTerminal(found.map(rewrite), tty)];
    return await spawned(start(words, rewritten, { tty, within }));
  };
  return { kind: "paths", can, spawn: run, enter: (_pid, command) => run(command), shows: () => true };
}

/** Turns a container's paths into the node's, wherever one stands in a text. */
export function pathRewriter(mounts: readonly Pick<ContainerMount, "mountPath" | "path">[]): (text: string) => string {
  const deepest = mounts.toSorted((a, b) => b.mountPath.length - a.mountPath.length);
  return (text) =>
    deepest.reduce((done, { mountPath, path }) => {
      const escaped = mountPath.replace(/\/+$/, "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return done.replace(new RegExp(`(?<![\\w./-])${escaped}(?=$|[/"'\\s:;,)])`, "g"), () => path);
    }, text);
}

function start(
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
  { tells = false, tty = false, within = (act) => act() }: StartOptions,
): ChildProcess {
  return within(() =>
    spawn(argv[0] ?? "", argv.slice(1), {
      detached: true,
      stdio: ["pipe", "pipe", "pipe", tells ? "pipe" : "ignore", tty ? "pipe" : "ignore"],
      cwd: "/",
      env: { PATH: DEFAULT_PATH, HOME: "/root", ...Object.fromEntries(env) },
    }),
  );
}

type StartOptions = {
  /** It says on its third descriptor that its view is made. */
  readonly tells?: boolean;
  readonly tty?: boolean | undefined;
  readonly within?: ViewCommand["within"] | undefined;
};

function spawned(child: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child));
    child.once("error", reject);
  });
}

/** Waits until the view says that it is made; what the shell complained about is why it is not. */
async function made(child: ChildProcess): Promise<ChildProcess> {
  await spawned(child);
  const told = child.stdio[3] as Readable;
  const complaints: Buffer[] = [];
  const collect = (chunk: Buffer): void => void complaints.push(chunk);
  child.stderr?.on("data", collect);
  let word = "";
  // unshare, which waits outside, keeps its end open: the word itself is the sign.
  for await (const chunk of told) {
    word += String(chunk);
    if (word.includes("\n")) break;
  }
  child.stderr?.off("data", collect);
  child.stderr?.pause();
  if (word.trim() !== "made") throw new Error(Buffer.concat(complaints).toString().trim() || "its view was not made");
  // What came before its first word from the program itself belongs to the program.
  if (complaints.length > 0) child.stderr?.unshift(Buffer.concat(complaints));
  return child;
}

/** A user without a home of its own lives at the root, as a container engine has it. */
function homed(env: ReadonlyMap<string, string>, rights: Rights | undefined): ReadonlyMap<string, string> {
  return (rights?.uid ?? 0) === 0 ? env : new Map([["HOME", "/"], ...env]);
}

/** unshare waits outside; its child is the first process of the container. */
export async function firstChild(pid: number): Promise<number> {
  const children = await readFile(join("/proc", String(pid), "task", String(pid), "children"), "utf8").catch(() => "");
  const [first = ""] = children.trim().split(" ");
  return first === "" ? pid : Number(first);
}

/**
 * `npm run bats`: runs bats files of upstream's, unmodified, with the real kubectl and Helm against `mountproof up`.
 * The checkout that holds them is named by `MOUNTPROOF_UPSTREAM_SUITE`; without it nothing is run, and that is said.
 *
 *   MOUNTPROOF_UPSTREAM_SUITE=~/secrets-store-csi-driver npm run bats -- \
 *     --image replace/this/image/at/build/time=$PWD/e2e-provider \
 *     --apply test/e2eprovider/e2e-provider-installer.yaml test/bats/e2e-provider.bats
 *
 *   --image NAME=PROGRAM  what containers of an image run: a program of this machine, besides what `up` knows
 *   --images FILE         an images.yaml of one's own, for what `--image` cannot say: entrypoints, files, users
 *   --driver PROGRAM      a driver in place of the reference driver
 *   --chart FOLDER        chart of the driver; this project's when left out
 *   --set KEY=VALUE       a value for that chart
 *   --apply FILE          a manifest for kube-system that the suite expects, for example its provider's
 *   --up FLAG             a flag for `up`, for example --up=--stores=vault
 *   --artifacts FOLDER    where the suite puts logs when it fails
 *
 * Paths are looked up in the checkout first. Ends with `N passed, N failed, N skipped`. Ctrl-C ends the suite, whatever
 * it has started, and the cluster.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { type ImageEntry, parseImages } from "../clusters/embedded/index.ts";
import { isMountproofError, messageOf } from "../core/index.ts";
import { oracle } from "../suite/oracle.ts";
import { flagsOf } from "./flags.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAIN = join(ROOT, "bin", "mountproof.js");
/** What upstream's own CI sets when it installs the driver for these suites. */
const VALUES = [
  "syncSecret.enabled=true",
  "enableSecretRotation=true",
  "rotationPollInterval=30s",
  "tokenRequests[0].audience=aud1",
  "tokenRequests[1].audience=aud2",
];
const DRIVER_IMAGE = "registry.k8s.io/csi-secrets-store/driver";

const list = { type: "string", multiple: true, default: [] as string[] } as const;
const { values, positionals } = flagsOf(import.meta.filename, {
  options: {
    image: list,
    images: list,
    driver: { type: "string" },
    chart: { type: "string" },
    set: list,
    apply: list,
    up: list,
    artifacts: { type: "string" },
  },
  allowPositionals: true,
});
const files = positionals.length > 0 ? positionals : ["test/bats/e2e-provider.bats"];
const suite = process.env["MOUNTPROOF_UPSTREAM_SUITE"] ?? "";
/** Ctrl-C ends what runs at the moment, and the cluster after it: whoever is impatient must not leave one behind. */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
/** What a program that is told to end gets until it is made to. */
const GRACE_MS = 5000;
process.exitCode = await main();

async function main(): Promise<number> {
  const [kubectl, helm] = await Promise.all([oracle("kubectl"), oracle("helm")]);
  const missing = (await whyNot()) ?? kubectl.missing ?? helm.missing;
  if (missing !== undefined) {
    console.log(`skipped: ${missing}\n0 passed, 0 failed, ${files.length} skipped`);
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), "mountproof-bats-"));
  const search = [dirname(process.execPath), ...[kubectl, helm].map(({ path }) => dirname(path ?? "/"))];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: folder,
    MOUNTPROOF_STATE: join(folder, "state"),
    PATH: [...search, process.env["PATH"]].join(delimiter),
  };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    await start(folder, env);
    await install(env);
    for (const file of files) await run(file, env, counts);
  } catch (error) {
    if (stop.signal.aborted) console.error("stopped: the suite did not run to its end");
    else console.error(`error: ${isMountproofError(error) ? error.describe() : messageOf(error)}`);
    counts.failed++;
  } finally {
    await execute(process.execPath, [MAIN, "down"], env, new AbortController().signal).catch(() => "");
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

async function whyNot(): Promise<string | undefined> {
  if (suite === "") return "MOUNTPROOF_UPSTREAM_SUITE names no checkout of a suite";
  for (const file of files)
    if ((await stat(join(suite, file)).catch(() => undefined)) === undefined)
      return `MOUNTPROOF_UPSTREAM_SUITE "${suite}" has no "${file}"`;
  for (const program of ["bats", "jq", "envsubst", "openssl"]) {
    const places = (process.env["PATH"] ?? "").split(delimiter).map((place) => join(place, program));
    const found = await Promise.all(
      places.map((place) =>
        access(place)
          .then(() => true)
          .catch(() => false),
      ),
    );
    if (!found.includes(true)) return `the suite needs "${program}", which is not on the search path`;
  }
  return undefined;
}

/** A cluster without driver and providers, which the suite's own way of installing brings. */
async function start(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const lines = [...values.image, ...(values.driver === undefined ? [] : [`${DRIVER_IMAGE}=${values.driver}`])];
  const images: ImageEntry[] = lines.map((line) => {
    const at = line.lastIndexOf("=");
    return { image: line.slice(0, at), command: [resolve(line.slice(at + 1))] };
  });
  for (const given of values.images) images.push(...(await imagesOf(given)));
  const file = join(folder, "images.yaml");
  await writeFile(file, stringify({ images: images.map(({ user, ...entry }) => ({ ...entry, ...userOf(user) })) }));
  const none = ["--driver=none", "--providers=none", "--stores=none"];
  const flags = [
    ...none.filter((flag) => !values.up.some((own) => own.startsWith(flag.split("=")[0] ?? ""))),
    ...values.up,
  ];
  const up = [MAIN, "up", ...flags, "--images", file, "--detach", "--kubeconfig", join(folder, "kubeconfig")];
  await execute(process.execPath, up, env);
  const exported = await execute(process.execPath, [MAIN, "env"], env);
  for (const [, name, value] of exported.matchAll(/^export (\w+)='(.*)';$/gm)) env[name ?? ""] = value;
  const artifacts = resolve(values.artifacts ?? join(folder, "artifacts"));
  await mkdir(artifacts, { recursive: true });
  env["ARTIFACTS"] = artifacts;
}

/** Paths in them become absolute: they are read again from another folder. */
async function imagesOf(given: string): Promise<ImageEntry[]> {
  const inSuite = resolve(suite, given);
  const file = (await stat(inSuite).catch(() => undefined)) === undefined ? resolve(given) : inSuite;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(`--images "${given}" cannot be read: ${messageOf(cause)}`, { cause });
  });
  return await parseImages(text, file);
}

function userOf(user: ImageEntry["user"]): { user?: string } {
  return user === undefined ? {} : { user: [user.uid, user.gid].filter((id) => id !== undefined).join(":") };
}

async function install(env: NodeJS.ProcessEnv): Promise<void> {
  const chart =
    values.chart === undefined ? join(ROOT, "deploy/charts/secrets-store-csi-driver") : resolve(suite, values.chart);
  const settings = [...VALUES, ...values.set].flatMap((setting) => ["--set", setting]);
  const into = ["--namespace", "kube-system"];
  await execute("helm", ["install", "csi-secrets-store", chart, ...into, "--wait", "--timeout=2m", ...settings], env);
  for (const manifest of values.apply) await execute("kubectl", ["apply", ...into, "-f", manifest], env);
  if (values.apply.length > 0)
    await execute("kubectl", ["wait", ...into, "--for=condition=Ready", "--timeout=60s", "pods", "--all"], env);
}

/** Counts what bats says in TAP, and passes it on. */
async function run(
  file: string,
  env: NodeJS.ProcessEnv,
  counts: Record<"passed" | "failed" | "skipped", number>,
): Promise<void> {
  const child = group("bats", ["--tap", "-T", file], { cwd: suite, env, stdio: ["ignore", "pipe", "inherit"] });
  // Asked for now: it may end before the last of what it said has been read.
  const ended = new Promise<number>((done) => {
    child.once("exit", (code) => done(code ?? 1));
    child.once("error", () => done(1));
  });
  if (child.stdout === null) throw new Error("bats was started without its output");
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    if (/^ok .*# skip/.test(line)) counts.skipped++;
    else if (line.startsWith("ok ")) counts.passed++;
    else if (line.startsWith("not ok ")) counts.failed++;
  }
  const code = await ended;
  stop.signal.throwIfAborted();
  if (code !== 0 && counts.failed === 0) throw new Error(`bats ended with ${code} before it judged "${file}"`);
}

/**
 * A program as the head of a process group, all of which ends when this is stopped: bats' children (kubectl that waits,
 * sleeps) would outlive bats alone.
 */
function group(program: string, args: readonly string[], options: SpawnOptions, signal = stop.signal): ChildProcess {
  signal.throwIfAborted();
  const child = spawn(program, args, { ...options, detached: true });
  let patience: NodeJS.Timeout | undefined;
  const end = (how: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, how);
    } catch {
      // Nothing of it is left.
    }
  };
  const stopped = (): void => {
    end("SIGTERM");
    patience = setTimeout(() => end("SIGKILL"), GRACE_MS);
  };
  signal.addEventListener("abort", stopped, { once: true });
  child.once("exit", () => {
    signal.removeEventListener("abort", stopped);
    clearTimeout(patience);
    if (signal.aborted) end("SIGKILL");
  });
  return child;
}

function execute(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal = stop.signal,
): Promise<string> {
  return new Promise((done, fail) => {
    const child = group(program, args, { cwd: suite, env, stdio: ["ignore", "pipe", "pipe"] }, signal);
    let said = "";
    let complained = "";
    child.stdout?.on("data", (chunk) => {
      said += String(chunk);
    });
    child.stderr?.on("data", (chunk) => {
      complained += String(chunk);
    });
    child.once("error", fail);
    child.once("close", (code) =>
      code === 0
        ? done(said)
        : fail(new Error(`${program} ${args.join(" ")} ended with ${code}\n${complained}${said}`)),
    );
  });
}

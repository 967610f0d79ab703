import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "../../../clusters/embedded/index.ts";
import { minutes, RealClock, seconds } from "../../../core/index.ts";
import { DRIVER_SERVICE_ACCOUNT, driverManifests } from "../../../driver/index.ts";
import { ConfigMaps, type KubeObject, Pods } from "../../../kube/index.ts";
import { layoutOf } from "../../../suite/index.ts";
import { ScriptedProvider } from "../../../wire/scripted-provider.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { runAuthority, runSigningKey } from "../api.ts";
import { answerWith } from "../driver/answers.ts";
import { driverOnNode } from "../estate/driver-part.ts";
import { REAL_TIMING } from "../estate/index.ts";

const NAMESPACE = "shop";
const CLASS = "app-secrets";
const SCRIPTS = ["watcher.py", "watcher-as-written.py", "watcher.mjs"];
/** An app's process lives in real time: it gets so long to say what it has to say. */
const PATIENCE_MS = seconds(20);
const ROTATION_MS = minutes(2);
/** An interval, a republish, and the Secret that follows; on the real clock seconds. */
const ROTATED_WITHIN_MINUTES = 6;

/** How the apps of `examples/apps` are run here; `libraries` is where Python finds what it needs besides. */
type Interpreters = {
  readonly node: string;
  readonly python: string;
  readonly prefix: string;
  readonly libraries: string;
};

/** A cluster whose containers are processes, and in it the applications of `examples/apps`. */
export class AppsFacet {
  readonly #world: MountproofWorld;
  #cluster: RunningEmbeddedCluster | undefined;
  #provider: ScriptedProvider | undefined;

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  get cluster(): RunningEmbeddedCluster {
    if (this.#cluster === undefined) throw new Error("no cluster with apps runs in this scenario");
    return this.#cluster;
  }

  /** A cluster with driver and provider, rotation and sync on. */
  async start(): Promise<void> {
    const world = this.#world;
    const { subject } = world.pass;
    if (subject.kind === "driver" && subject.start !== undefined) world.skip("apps run with no driver but a whole one");
    if (world.run.apiserver !== undefined) world.skip("apps run over the embedded API server alone");
    const [authority, key, folder, found] = await Promise.all([
      runAuthority(world),
      runSigningKey(world),
      world.folder(),
      this.#interpreters(),
    ]);
    const cluster = world.scope.use(
      await new EmbeddedCluster({
        clock: world.clock,
        log: world.logger,
        journal: world.journal,
        random: world.pass.random,
        folder,
        authority,
        signingKey: async () => key,
        containers: "processes",
        ...(world.clock.kind === "real" && { timing: REAL_TIMING }),
        expose: [found.prefix, found.libraries].filter((path) => path !== ""),
      }).start(),
    );
    this.#cluster = cluster;
    if (!cluster.mounts.isReal) world.skip("mount(2) is refused here: apps' processes would not see their volumes");
    const values = { syncSecret: { enabled: true }, enableSecretRotation: true };
    await cluster.apply([...driverManifests(values), ...(await this.#objects())]);
    const socket = join(cluster.node().paths.providersDir, "scripted.sock");
    this.#provider = world.scope.use(await new ScriptedProvider(world.clock, socket).start());
    await cluster.launch({
      name: "driver",
      namespace: "kube-system",
      serviceAccount: DRIVER_SERVICE_ACCOUNT,
      launch: driverOnNode(world, cluster, { rotates: true, rotationIntervalMs: ROTATION_MS }),
    });
    await world.elapse(seconds(2));
  }

  /** What the store holds from now on. */
  holds(password: string): void {
    this.#provider?.answers(answerWith([{ path: "password", text: password }]));
  }

  /** Runs a pod of `examples/apps/pods.yaml`, its interpreter being the one of this machine. */
  async run(name: string): Promise<void> {
    const { node, python, libraries } = await this.#interpreters();
    const pod = (await this.#pods()).find(({ metadata }) => metadata.name === name);
    if (pod === undefined) throw new Error(`examples/apps/pods.yaml has no pod "${name}"`);
    const [container] = (pod["spec"] as { containers: { command: string[]; env?: unknown[] }[] }).containers;
    if (container === undefined) throw new Error(`pod "${name}" has no container`);
    const [program = ""] = container.command;
    if (program === "python3") {
      if (python === "") this.#world.skip("Python with its watchdog package is not there (pip install watchdog)");
      container.command[0] = python;
      container.env = [...(container.env ?? []), { name: "PYTHONPATH", value: libraries }];
    }
    if (program === "node") container.command[0] = node;
    await this.cluster.apply([pod]);
    if (!(await this.cluster.until(async () => (await this.phase(name)) === "Running", minutes(5))))
      throw new Error(`pod "${name}" does not run: ${await this.phase(name)}`);
  }

  async phase(name: string): Promise<string> {
    const pod = await this.cluster.admin.find(Pods, name, NAMESPACE);
    return ((pod?.["status"] ?? {}) as { phase?: string }).phase ?? "none";
  }

  /** The same pod once more, as a rollout would bring it. */
  async restart(name: string): Promise<void> {
    await this.cluster.admin.delete(Pods, { name, namespace: NAMESPACE });
    await this.cluster.until(async () => (await this.phase(name)) === "none", minutes(5));
    await this.run(name);
  }

  /** Lets kubelet and driver bring what the store holds to the pods. */
  async rotate(): Promise<void> {
    await this.#world.elapse(this.#world.minutes(ROTATED_WITHIN_MINUTES));
  }

  /** Waits, in real time and not for ever, until the pod's app has said it. */
  async says(name: string, line: string): Promise<boolean> {
    const real = new RealClock();
    using patience = real.deadline(PATIENCE_MS);
    while (!(await this.output(name)).includes(line)) {
      if (patience.signal.aborted) return false;
      await real.sleep(20);
    }
    return true;
  }

  async output(name: string): Promise<string[]> {
    return (await this.cluster.logs({ namespace: NAMESPACE, name })).split("\n").filter((line) => line !== "");
  }

  /** A file as the container sees it. */
  async read(name: string, path: string): Promise<string> {
    const execution = await this.cluster.execute({ namespace: NAMESPACE, name }, ["cat", path]);
    let text = "";
    execution.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await execution.exited;
    return text;
  }

  async environment(name: string): Promise<ReadonlyMap<string, string>> {
    return await this.cluster.environment({ namespace: NAMESPACE, name });
  }

  async #objects(): Promise<KubeObject[]> {
    const scripts = await Promise.all(
      SCRIPTS.map(async (name) => [name, await readFile(join(folder(), name), "utf8")] as const),
    );
    return [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
      {
        apiVersion: "v1",
        kind: ConfigMaps.kind,
        metadata: { name: "watchers", namespace: NAMESPACE },
        data: Object.fromEntries(scripts),
      },
      {
        apiVersion: "secrets-store.csi.x-k8s.io/v1",
        kind: "SecretProviderClass",
        metadata: { name: CLASS, namespace: NAMESPACE },
        spec: {
          provider: "scripted",
          parameters: { objects: "all" },
          secretObjects: [{ secretName: CLASS, type: "Opaque", data: [{ objectName: "password", key: "password" }] }],
        },
      },
    ];
  }

  async #pods(): Promise<KubeObject[]> {
    const text = await readFile(join(folder(), "pods.yaml"), "utf8");
    return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  }

  #interpreters(): Promise<Interpreters> {
    return this.#world.run.once("interpreters of apps", async () => {
      // In a virtual environment the interpreter is a link: a container sees where it leads.
      const ask =
        "import os, sys, watchdog; print(os.path.realpath(sys.executable), sys.base_prefix, os.path.dirname(os.path.dirname(watchdog.__file__)))";
      try {
        const { stdout } = await promisify(execFile)("python3", ["-c", ask]);
        const [python = "", prefix = "", libraries = ""] = stdout.trim().split(" ");
        return { node: process.execPath, python, prefix, libraries };
      } catch {
        return { node: process.execPath, python: "", prefix: "", libraries: "" };
      }
    });
  }
}

function folder(): string {
  return join(layoutOf().root, "examples", "apps");
}

export const apps: Facet<AppsFacet> = (world) => new AppsFacet(world);

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isMountproofError } from "../../core/index.ts";
import { commandsIn, KindCluster, type KindSpec, nodeImage } from "./index.ts";
import { kindConfig } from "./manifests.ts";

let folder: string;
let said: string[];
/** Programs that stand in for kind and docker: they write down what they were asked and answer as a test says. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mountproof-standin-"));
  said = [];
  await mkdir(join(folder, "scripts"));
  await writeFile(join(folder, "scripts", "bundle.ts"), "");
  await program("docker", `case "$1" in port) ${PORTS} ;; esac`);
  await program("kind", KIND);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const PORTS = 'for at in 0 1 2 3; do echo "3082$at/tcp -> 127.0.0.1:4123$at"; done';
const KUBECONFIG = '{"current-context":"kind-e2e"}';
const KIND = `
case "$1 $2" in
  "get clusters") cat "$HERE/clusters" 2>/dev/null || true ;;
  "get nodes") echo e2e-control-plane ;;
  "create cluster"|"export kubeconfig")
    while [ $# -gt 0 ]; do [ "$1" = --kubeconfig ] && echo '${KUBECONFIG}' > "$2"; shift; done ;;
esac`;

async function program(name: string, body: string): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho "${name} $*" >> "$HERE/asked"\n${body}\n`);
  await chmod(path, 0o755);
}

/** What was asked, the run's own folder left out. */
async function asked(): Promise<string[]> {
  const text = await readFile(join(folder, "asked"), "utf8").catch(() => "");
  return text
    .trim()
    .split("\n")
    .map((line) => line.replaceAll(/\S*mountproof-kind-\w+/g, "RUN"));
}

function cluster(change: Partial<KindSpec> = {}): KindCluster {
  const env = { PATH: `${folder}:/usr/bin:/bin`, HERE: folder };
  return new KindCluster({
    commands: commandsIn(env, folder),
    name: "e2e",
    images: [{ part: "driver", dockerfile: "deploy/images/Dockerfile.driver", tag: "mountproof/driver:e2e" }],
    say: (what) => void said.push(what),
    signal: new AbortController().signal,
    ...change,
  });
}

const leftFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith("mountproof-kind-"));

describe("a kind cluster", () => {
  test("is created, filled, and deleted, each asked for argument by argument", async () => {
    const before = await leftFolders();
    const running = await cluster({ image: "1.34" }).start();
    expect(running).toMatchObject({
      context: "kind-e2e",
      urls: { vault: "http://127.0.0.1:41230", gcp: "http://127.0.0.1:41233" },
    });
    expect(await readFile(running.kubeconfig, "utf8")).toContain("kind-e2e");
    await running[Symbol.asyncDispose]();
    expect(await asked()).toEqual([
      "kind get clusters",
      "kind create cluster --name e2e --kubeconfig RUN/kubeconfig --config RUN/kind.yaml --wait 120s --image kindest/node:v1.34.0",
      "docker build --quiet --file deploy/images/Dockerfile.driver --tag mountproof/driver:e2e RUN/driver",
      "kind load docker-image mountproof/driver:e2e --name e2e",
      "kind get nodes --name e2e",
      "docker port e2e-control-plane",
      "kind delete cluster --name e2e",
    ]);
    expect(await leftFolders()).toEqual(before);
    expect(said).toContain('creating the kind cluster "e2e" of kindest/node:v1.34.0');
  });

  test("has images built from the base that was given, and others that Docker has here; the node pulls the rest", async () => {
    await program("docker", `case "$1 $4" in port*) ${PORTS} ;; "image mine:1") echo 0123abcd ;; esac`);
    const running = await cluster({ base: "mynode:24", others: ["mine:1", "theirs:1"] }).start();
    await running[Symbol.asyncDispose]();
    expect(await asked()).toEqual(
      expect.arrayContaining([
        "docker build --quiet --file deploy/images/Dockerfile.driver --build-arg BASE=mynode:24 --tag mountproof/driver:e2e RUN/driver",
        "kind load docker-image mountproof/driver:e2e mine:1 --name e2e",
      ]),
    );
  });

  test("goes with a run that dies without a word, and is let go of once it is deleted; a kept one is not", async () => {
    const lines: string[] = [];
    const lifetime = { folder, atDeath: (line: string) => void lines.push(line) };
    const running = await cluster({ lifetime }).start();
    expect(lines).toEqual(["kind delete cluster --name e2e"]);
    await running[Symbol.asyncDispose]();
    expect(lines.slice(1)).toEqual([""]);
    await (await cluster({ lifetime, keep: true }).start())[Symbol.asyncDispose]();
    expect(lines).toHaveLength(2);
  });

  test("that is left over is told, and not touched", async () => {
    await writeFile(join(folder, "clusters"), "other\ne2e\n");
    await expect(cluster().start()).rejects.toMatchObject({
      code: "already_exists",
      message: 'a kind cluster "e2e" is left over from an earlier run',
      hint: expect.stringContaining("kind delete cluster --name e2e"),
    });
    expect(await asked()).toEqual(["kind get clusters"]);
  });

  test("is reused when that is asked for, and stays; so does one that is to be kept", async () => {
    await writeFile(join(folder, "clusters"), "e2e\n");
    await (await cluster({ reuse: true }).start())[Symbol.asyncDispose]();
    expect(await asked()).toContain("kind export kubeconfig --name e2e --kubeconfig RUN/kubeconfig");
    expect((await asked()).join()).not.toMatch(/create|delete/);
    await rm(join(folder, "clusters"));
    await (await cluster({ keep: true }).start())[Symbol.asyncDispose]();
    expect((await asked()).join()).toMatch(/create cluster/);
    expect((await asked()).join()).not.toMatch(/delete/);
  });

  test("that cannot be created is deleted, and what kind said is told with what to do", async () => {
    await program(
      "kind",
      'case "$1" in create) echo "ERROR: failed to set oom_score_adj: operation not permitted" >&2; exit 1 ;; esac',
    );
    await expect(cluster().start()).rejects.toMatchObject({
      code: "environment",
      message: expect.stringMatching(/kind create cluster .*ended with 1: ERROR: failed to set oom_score_adj/),
      hint: expect.stringContaining("CAP_SYS_RESOURCE"),
    });
    expect((await asked()).at(-1)).toBe("kind delete cluster --name e2e");
  });

  test("whose node image is not to be had is told with what to name instead", async () => {
    await program(
      "kind",
      'case "$1" in create) echo "ERROR: failed to create cluster: failed to pull image \\"kindest/node:v1.34.0\\"" >&2; exit 1 ;; esac',
    );
    await expect(cluster().start()).rejects.toMatchObject({ hint: expect.stringContaining("--image for the node") });
  });

  test("whose image cannot be built is deleted, too", async () => {
    await program(
      "docker",
      'case "$1" in build) echo "permission denied while trying to connect to the docker API" >&2; exit 1 ;; esac',
    );
    await expect(cluster().start()).rejects.toThrow(/docker build .*ended with 1: permission denied/);
    expect((await asked()).at(-1)).toBe("kind delete cluster --name e2e");
  });

  test("is deleted when the run is interrupted while it is made", async () => {
    await program("kind", `case "$1" in create) touch "$HERE/creating"; exec sleep 600 ;; esac`);
    const interrupt = new AbortController();
    const starting = cluster({ signal: interrupt.signal }).start();
    const outcome = starting.catch((error: unknown) => error);
    while ((await readdir(folder)).includes("creating") === false)
      await new Promise((resolve) => setImmediate(resolve));
    interrupt.abort("SIGINT");
    const error = await outcome;
    expect(isMountproofError(error, "cancelled")).toBe(true);
    expect((await asked()).at(-1)).toBe("kind delete cluster --name e2e");
  });

  test("needs its programs", async () => {
    await rm(join(folder, "kind"));
    await expect(cluster().start()).rejects.toMatchObject({ message: 'the program "kind" is not installed' });
  });

  test("keeps the nodes' logs of a run that failed, and says so when it cannot", async () => {
    const running = await cluster().start();
    await running.exportLogs("/tmp/logs");
    expect((await asked()).at(-1)).toBe("kind export logs /tmp/logs --name e2e");
    await program("kind", "exit 1");
    await running.exportLogs("/tmp/logs");
    expect(said.at(-1)).toContain("the nodes' logs could not be kept");
    await program("kind", KIND);
    await running[Symbol.asyncDispose]();
  });
});

test("a version of Kubernetes is kind's image of it, an image's name is itself", () => {
  expect(["1.34", "v1.35", "1.36.2", "kindest/node:v1.34.3@sha256:1", "mine"].map(nodeImage)).toEqual([
    "kindest/node:v1.34.0",
    "kindest/node:v1.35.0",
    "kindest/node:v1.36.2",
    "kindest/node:v1.34.3@sha256:1",
    "mine",
  ]);
});

test("a kept cluster of another version, whose node leads other ports here, is told", async () => {
  await writeFile(join(folder, "clusters"), "e2e\n");
  await program("docker", 'case "$1" in port) echo "30820/tcp -> 127.0.0.1:41234" ;; esac');
  await expect(cluster({ reuse: true }).start()).rejects.toMatchObject({
    message: 'the node "e2e-control-plane" does not lead its port 30821 (aws) to this machine',
    hint: expect.stringContaining("kind delete cluster --name e2e"),
  });
});

test("the stores' ports are led to this machine alone", () => {
  expect(kindConfig().match(/listenAddress: 127\.0\.0\.1/g)).toHaveLength(4);
  expect(kindConfig()).toContain("containerPort: 30820");
});

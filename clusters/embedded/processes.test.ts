import { afterEach, beforeEach, expect, test } from "vitest";
import { seconds, seededRandom, VirtualClock } from "../../core/index.ts";
import { Pods, Secrets } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "./index.ts";

let clock: VirtualClock;
let cluster: RunningEmbeddedCluster;
beforeEach(async () => {
  clock = new VirtualClock();
  cluster = await new EmbeddedCluster({
    clock,
    nodes: 1,
    mounts: "plain",
    containers: "processes",
    random: seededRandom(3),
  }).start();
  await clock.settle();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const POD = { namespace: "default", name: "p" };
async function run(spec: object): Promise<void> {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...POD }, spec } as unknown as KubeObject;
  await cluster.admin.create(Pods, pod);
}
const phase = async (): Promise<string | undefined> =>
  ((await cluster.admin.find(Pods, POD.name, POD.namespace))?.["status"] as { phase?: string } | undefined)?.phase;
/** Processes end in real time: virtual time waits for them, a little at a time. */
async function becomes(wanted: string | undefined): Promise<boolean> {
  for (let tries = 0; tries < 400; tries++) {
    await clock.advance(500);
    if ((await phase()) === wanted) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}
async function output(command: readonly string[]): Promise<string> {
  const execution = await cluster.execute(POD, command);
  let text = "";
  execution.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  execution.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const code = await execution.exited;
  return `${text.trim()} (${code})`.trim();
}

const secretVolume = { name: "s", secret: { secretName: "s" } };
async function putSecret(): Promise<void> {
  const data = { k: Buffer.from("value").toString("base64") };
  const metadata = { name: "s", namespace: "default" };
  await cluster.admin.create(Secrets, { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data });
}

test("a command runs with its environment and its volumes at their paths, and its output is the log", async () => {
  await putSecret();
  await run({
    restartPolicy: "Never",
    containers: [
      {
        name: "c",
        image: "app",
        command: ["sh", "-c", 'echo "$A $B"; cat /mnt/app/k; echo; ls /mnt/app >&2; exit 3'],
        env: [
          { name: "A", value: "a" },
          { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
        ],
        volumeMounts: [{ name: "s", mountPath: "/mnt/app" }],
      },
    ],
    volumes: [secretVolume],
  });
  expect(await becomes("Failed")).toBe(true);
  expect(await cluster.logs(POD)).toContain("a value\n");
});

test("a program executed in a container sees what the container sees", async () => {
  await putSecret();
  const volumeMounts = [{ name: "s", mountPath: "/mnt/app" }];
  await run({
    containers: [{ name: "c", image: "app", command: ["sleep", "3600"], volumeMounts }],
    volumes: [secretVolume],
  });
  expect(await becomes("Running")).toBe(true);
  expect(await output(["cat", "/mnt/app/k"])).toBe("value (0)");
  expect(await output(["sh", "-c", "exit 7"])).toBe("(7)");
  await cluster.admin.delete(Pods, POD);
  expect(await becomes(undefined)).toBe(true);
});

test("a program that does not exist is a StartError with runc's text", async () => {
  await run({ restartPolicy: "Never", containers: [{ name: "c", image: "app", command: ["/nosuch"] }] });
  expect(await becomes("Failed")).toBe(true);
  const pod = await cluster.admin.get(Pods, POD.name, POD.namespace);
  const [status] = (
    pod["status"] as { containerStatuses: { state: { terminated: { reason: string; message: string } } }[] }
  ).containerStatuses;
  expect(status?.state.terminated.reason).toBe("StartError");
  expect(status?.state.terminated.message).toContain('exec: "/nosuch": stat /nosuch: no such file or directory');
});

test("a container that must not be root waits with kubelet's words, where its image runs as root", async () => {
  await run({
    securityContext: { runAsNonRoot: true },
    containers: [{ name: "c", image: "app", command: ["sleep", "3600"] }],
  });
  await clock.advance(seconds(5));
  const pod = await cluster.admin.get(Pods, POD.name, POD.namespace);
  const { containerStatuses } = pod["status"] as { containerStatuses: { state: object }[] };
  expect(containerStatuses[0]?.state).toEqual({
    waiting: {
      reason: "CreateContainerConfigError",
      message: `container has runAsNonRoot and image will run as root (pod: "p_default(${pod.metadata.uid})", container: c)`,
    },
  });
});

test("what an image brings in its files is found by name, in its containers and by what is executed in them", async () => {
  await cluster[Symbol.asyncDispose]();
  const images = [
    { image: "app", command: ["greet"], args: ["all"], files: { "/usr/local/bin/greet": "/bin/sh" }, user: { uid: 0 } },
  ];
  cluster = await new EmbeddedCluster({ clock, nodes: 1, mounts: "plain", containers: "processes", images }).start();
  await clock.settle();
  await run({ containers: [{ name: "c", image: "app", args: ["-c", "echo hello; exec sleep 3600"] }] });
  expect(await becomes("Running")).toBe(true);
  expect(await output(["greet", "-c", "echo again"])).toBe("again (0)");
  expect(await output(["nosuch"]).catch((error: Error) => error.message)).toContain(
    "executable file not found in $PATH",
  );
});

test("init containers run one after the other before the rest", async () => {
  const shared = { volumeMounts: [{ name: "e", mountPath: "/work" }], image: "app" };
  await run({
    restartPolicy: "Never",
    initContainers: [
      { ...shared, name: "first", command: ["sh", "-c", "echo 1 >> /work/order"] },
      { ...shared, name: "second", command: ["sh", "-c", "echo 2 >> /work/order"] },
    ],
    containers: [{ ...shared, name: "c", command: ["sh", "-c", "cat /work/order"] }],
    volumes: [{ name: "e", emptyDir: {} }],
  });
  expect(await becomes("Succeeded")).toBe(true);
  expect(await cluster.logs(POD)).toBe("1\n2\n");
});

test("a readiness probe decides when a pod is Ready", async () => {
  await run({
    containers: [
      {
        name: "c",
        image: "app",
        command: ["sh", "-c", "sleep 3600"],
        readinessProbe: { exec: { command: ["test", "-e", "/work/ready"] }, periodSeconds: 2 },
        volumeMounts: [{ name: "e", mountPath: "/work" }],
      },
    ],
    volumes: [{ name: "e", emptyDir: {} }],
  });
  expect(await becomes("Running")).toBe(true);
  const isReady = async (): Promise<string | undefined> =>
    (
      (await cluster.admin.get(Pods, POD.name, POD.namespace))["status"] as {
        conditions: { type: string; status: string }[];
      }
    ).conditions.find(({ type }) => type === "Ready")?.status;
  await clock.advance(seconds(5));
  expect(await isReady()).toBe("False");
  expect(await output(["touch", "/work/ready"])).toBe("(0)");
  await clock.advance(seconds(5));
  expect(await isReady()).toBe("True");
});

test("a container whose liveness probe fails is started anew once, and then stands for itself", async () => {
  const alive = { exec: { command: ["test", "-e", "/work/alive"] }, periodSeconds: 10, failureThreshold: 1 };
  await run({
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: "c",
        image: "app",
        command: ["sh", "-c", "touch /work/alive; exec sleep 3600"],
        livenessProbe: alive,
        volumeMounts: [{ name: "e", mountPath: "/work" }],
      },
    ],
    volumes: [{ name: "e", emptyDir: {} }],
  });
  expect(await becomes("Running")).toBe(true);
  const restarts = async (): Promise<number> =>
    (
      (await cluster.admin.get(Pods, POD.name, POD.namespace))["status"] as {
        containerStatuses: { restartCount: number }[];
      }
    ).containerStatuses[0]?.restartCount ?? 0;
  await output(["rm", "/work/alive"]);
  for (let tries = 0; tries < 200 && (await restarts()) === 0; tries++) await clock.advance(500);
  for (let tries = 0; tries < 30; tries++) await clock.advance(500);
  expect(await restarts()).toBe(1);
});

import { afterEach, beforeEach, expect, test } from "vitest";
import { seconds, VirtualClock } from "../../../core/index.ts";
import { Events, Pods } from "../../../kube/resources.ts";
import type { KubeObject } from "../../../kube/types.ts";
import { createHttpClient, startHttpServer } from "../../../net/index.ts";
import type { PartContext } from "../../cluster.ts";
import { BUILT_IN_IMAGES, EmbeddedCluster, type RunningEmbeddedCluster } from "../index.ts";

const POD = { namespace: "default", name: "p" };
let clock: VirtualClock;
let cluster: RunningEmbeddedCluster;
let given: PartContext | undefined;
let ended: string[];
beforeEach(async () => {
  clock = new VirtualClock();
  given = undefined;
  ended = [];
  cluster = await new EmbeddedCluster({
    clock,
    nodes: 1,
    mounts: "plain",
    podAddresses: "loopback",
    images: [{ image: "part", part: "mine" }, { image: "gone", part: "nobody's" }, ...BUILT_IN_IMAGES],
    partsOfImages: {
      mine: async (context) => {
        given = context;
        context.log.info("it works");
        if (context.args.includes("--fail")) throw new Error("there is no such flag");
        return { [Symbol.asyncDispose]: async () => void ended.push("mine") };
      },
    },
  }).start();
  await clock.settle();
});
afterEach(() => cluster[Symbol.asyncDispose]());

async function run(container: object, spec: object = {}): Promise<void> {
  const containers = [{ name: "c", ...container }];
  await cluster.admin.create(Pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...POD },
    spec: { containers, ...spec },
  } as KubeObject);
  await clock.advance(seconds(4));
}
type Status = {
  phase: string;
  podIP: string;
  containerStatuses: { restartCount: number; state: Record<string, { reason: string; exitCode: number }> }[];
};
const status = async (): Promise<Status> =>
  (await cluster.admin.get(Pods, POD.name, POD.namespace))["status"] as Status;
const events = async (): Promise<string[]> =>
  (await cluster.admin.list(Events, { namespace: "default" })).items.map(
    (event) => `${event["reason"] as string} ${event["message"] as string}`,
  );

test("an image without a line cannot be pulled, and the pod's events say how to give it one", async () => {
  await run({ image: "myapp:latest" });
  expect((await status()).containerStatuses[0]?.state["waiting"]?.reason).toBe("ErrImagePull");
  expect(await events()).toContainEqual(
    expect.stringMatching(/^Failed Failed to pull image "myapp:latest": .*--images/),
  );
});

test("after a failed pull the next one waits, and the pod says so", async () => {
  await run({ image: "myapp:latest" });
  const reason = async (): Promise<string | undefined> =>
    (await status()).containerStatuses[0]?.state["waiting"]?.reason;
  expect(await reason()).toBe("ErrImagePull");
  const waits = async (): Promise<boolean> => (await reason()) === "ImagePullBackOff";
  expect(await cluster.until(waits, seconds(60))).toBe(true);
  expect(await events()).toContainEqual('BackOff Back-off pulling image "myapp:latest"');
});

test("a part runs in its container: it has its arguments, its account and its folders, and ends with it", async () => {
  const hostPath = { path: "/var/lib/kubelet/plugins/mine/", type: "DirectoryOrCreate" };
  await run(
    {
      image: "part",
      args: ["--node=$(NODE)"],
      env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
      volumeMounts: [{ name: "plugin", mountPath: "/csi" }],
    },
    { volumes: [{ name: "plugin", hostPath }] },
  );
  const root = cluster.node().paths.kubeletRoot;
  expect((await status()).phase).toBe("Running");
  expect(given?.args).toEqual(["--node=node-0"]);
  expect(given?.path("/csi/csi.sock")).toBe(`${root}/plugins/mine/csi.sock`);
  expect(given?.nodePath("/var/lib/kubelet/pods")).toBe(`${root}/pods`);
  expect(given?.pod.serviceAccount).toBe("default");
  expect(given?.address).toBe((await status()).podIP);
  expect(await cluster.logs(POD)).toContain('"message":"it works"');
  await cluster.admin.delete(Pods, POD);
  await clock.advance(seconds(5));
  expect(ended).toEqual(["mine"]);
});

test("a part that cannot start is a container that exits with code 1, says why and is started again", async () => {
  await run({ image: "part", args: ["--fail"] });
  const state = async (): Promise<string | undefined> =>
    (await status()).containerStatuses[0]?.state["waiting"]?.reason;
  expect(await cluster.until(async () => (await state()) === "CrashLoopBackOff", seconds(30))).toBe(true);
  expect(await cluster.logs(POD)).toContain("error: there is no such flag");
  expect((await status()).containerStatuses[0]?.restartCount).toBeGreaterThan(0);
});

test("a part that this cluster was not given is a container that does not start", async () => {
  await run({ image: "gone" });
  expect((await status()).containerStatuses[0]?.state["waiting"]?.reason).toBe("RunContainerError");
});

test("two echo servers listen on one port, each at its pod's address", async () => {
  await run({ image: "hashicorp/http-echo", args: ["-text=hello", "-listen=:5678"] });
  const { podIP } = await status();
  expect(podIP).toMatch(/^127\.64\./);
  await using taken = await startHttpServer({
    clock,
    name: "other",
    listen: { host: "127.99.0.1", port: 5678 },
    handler: (exchange) => exchange.respond(204),
  });
  await using http = createHttpClient({ clock });
  const ask = async (host: string): Promise<string> =>
    (await http.request({ method: "GET", url: `http://${host}:5678/` })).body.toString();
  expect(await ask(podIP)).toBe("hello\n");
  expect(await ask(taken.host)).toBe("");
});

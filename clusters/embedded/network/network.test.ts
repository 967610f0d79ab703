import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RealClock, seconds } from "../../../core/index.ts";
import { Events, Pods, Services } from "../../../kube/resources.ts";
import { serviceResolver } from "../../../kube/service-resolver.ts";
import type { KubeObject } from "../../../kube/types.ts";
import { createHttpClient, startHttpServer } from "../../../net/index.ts";
import { BUILT_IN_IMAGES, EmbeddedCluster, type RunningEmbeddedCluster } from "../index.ts";
import { openPodNetwork } from "./pod-network.ts";

const clock = new RealClock();
const ECHO = { image: "hashicorp/http-echo", args: ["-listen=:5678", "-text=echo"] };
const IDLE = { image: "busybox", command: ["sleep", "3600"] };
let cluster: RunningEmbeddedCluster;
let store: Awaited<ReturnType<typeof startHttpServer>>;
beforeAll(async () => {
  store = await startHttpServer({ clock, name: "store", handler: (exchange) => exchange.respond(200, {}, "store\n") });
  cluster = await new EmbeddedCluster({
    clock,
    nodes: 2,
    containers: "processes",
    podAddresses: "network",
    images: BUILT_IN_IMAGES,
    outside: [
      async (host) =>
        ["store.example", "169.254.169.254"].includes(host) ? { host: store.host, port: store.port } : undefined,
    ],
    timing: { registrationTick: 50, relist: 50, syncTick: 50, syncAfterError: 500 },
  }).start();
  if (cluster.networkRefused !== undefined) return;
  await Promise.all([run("a", IDLE), run("echo-1", ECHO), run("echo-2", ECHO)]);
  await Promise.all(["a", "echo-1", "echo-2"].map(becomesReady));
}, seconds(60));
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await store?.[Symbol.asyncDispose]();
});

type Pod = KubeObject & { status: { podIP: string; hostIP: string; conditions?: { type: string; status: string }[] } };
async function run(name: string, container: object, spec: object = {}): Promise<void> {
  const metadata = { name, namespace: "default", labels: { app: name.replace(/-\d$/, "") } };
  const containers = [{ name: "c", ...container }];
  await cluster.admin.create(Pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { containers, ...spec },
  } as KubeObject);
}
const podOf = async (name: string): Promise<Pod> => (await cluster.admin.get(Pods, name, "default")) as Pod;
async function becomesReady(name: string): Promise<void> {
  const holds = async (): Promise<boolean> =>
    (await podOf(name)).status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  expect(await cluster.until(holds, seconds(30)), `pod ${name} is Ready`).toBe(true);
}
/** What a shell in the pod `a` says, and how it ends. */
async function sh(script: string): Promise<string> {
  const execution = await cluster.execute({ namespace: "default", name: "a" }, ["sh", "-c", script]);
  let text = "";
  for (const stream of [execution.stdout, execution.stderr])
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  const code = await execution.exited;
  return `${text.trim()} (${code})`.trim();
}

beforeEach(({ skip }) => {
  if (cluster.networkRefused !== undefined) skip(cluster.networkRefused);
});

test("two pods listen on one port, each reached at its address, from pods and from this process", async () => {
  const ips = (await Promise.all(["echo-1", "echo-2"].map(podOf))).map(({ status }) => status.podIP);
  expect(new Set(ips).size).toBe(2);
  for (const ip of ips) {
    expect(ip).toMatch(/^10\.244\./);
    expect(await sh(`curl -s http://${ip}:5678/`)).toBe("echo (0)");
    await using http = createHttpClient({
      clock,
      dialer: async (host, port) => {
        const route = cluster.reach(host, port);
        if (route === undefined || !("open" in route)) throw new Error(`no way to ${host}`);
        return await route.open();
      },
    });
    expect((await http.request({ method: "GET", url: `http://${ip}:5678/` })).body.toString()).toBe("echo\n");
  }
  expect(await sh("curl -s http://127.0.0.1:5678/")).toBe("(7)");
});

test("a Service is a name and an address; without a pod behind it connections are refused", async () => {
  const service = (name: string): KubeObject =>
    ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "default" },
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 5678 }] },
    }) as KubeObject;
  await cluster.admin.create(Services, service("echo"));
  await cluster.admin.create(Services, service("nobody"));
  expect(await cluster.until(async () => (await sh("curl -s http://echo/")) === "echo (0)", seconds(10))).toBe(true);
  expect(await sh("curl -s http://echo.default.svc.cluster.local/")).toBe("echo (0)");
  expect(await sh("curl -s http://nobody/")).toBe("(7)");
  expect(await sh("curl -s http://nosuch/")).toBe("(6)");
});

test("the API server is found as client-go finds it", async () => {
  const account = "/var/run/secrets/kubernetes.io/serviceaccount";
  const ask = `curl -s --cacert ${account}/ca.crt -H "Authorization: Bearer $(cat ${account}/token)"`;
  const path = "apis/authentication.k8s.io/v1/selfsubjectreviews";
  const body = `-H 'Content-Type: application/json' -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'`;
  for (const host of ["$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT", "kubernetes.default.svc"])
    expect(await sh(`${ask} ${body} https://${host}/${path}`)).toContain('"system:serviceaccount:default:default"');
});

test("in this process the API server's Service leads to it, too", async () => {
  const resolve = serviceResolver(cluster.admin, (ip, port) => cluster.reach(ip, port));
  const { hostname: host, port } = new URL(cluster.adminConfig.server);
  expect(await resolve("kubernetes.default.svc", 443)).toEqual({ host, port: Number(port) });
});

test("names and addresses beyond the cluster lead where its resolvers say, and nowhere else", async () => {
  expect(await sh("curl -s http://store.example/")).toBe("store (0)");
  expect(await sh("curl -s http://169.254.169.254/latest/")).toBe("store (0)");
  expect(await sh("curl -s http://other.example/")).toBe("(6)");
  expect(await sh("curl -s --max-time 5 http://192.0.2.1/")).not.toContain("(0)");
});

test("where it cannot be had, pods keep loopback addresses, and their events say why", async () => {
  expect(await openPodNetwork("no-such-ip")).toEqual({ refused: 'the program "no-such-ip" is missing' });
  await using shared = await new EmbeddedCluster({
    clock,
    containers: "processes",
    podAddresses: "network",
    openNetwork: async () => ({ refused: "namespaces are refused here" }),
    images: BUILT_IN_IMAGES,
  }).start();
  expect(shared.networkRefused).toBe("namespaces are refused here");
  const metadata = { name: "p", namespace: "default" };
  const spec = { containers: [{ name: "c", ...IDLE }] };
  await shared.admin.create(Pods, { apiVersion: "v1", kind: "Pod", metadata, spec } as KubeObject);
  const note = async (): Promise<string | undefined> =>
    (await shared.admin.list(Events, { namespace: "default" })).items.find(
      ({ reason }) => reason === "NetworkShared",
    )?.["message"] as string | undefined;
  expect(await shared.until(async () => (await note()) !== undefined, seconds(20))).toBe(true);
  expect(await note()).toMatch(/^namespaces are refused here: pods share this machine's network/);
  const address = async (): Promise<string> =>
    ((await shared.admin.get(Pods, "p", "default")) as Pod).status.podIP ?? "";
  expect(await shared.until(async () => (await address()).startsWith("127.64."), seconds(20))).toBe(true);
});

test("a pod of the host's network has its node's address, and a pod's death frees its own", async () => {
  await run("host", IDLE, { hostNetwork: true });
  await becomesReady("host");
  const { status } = await podOf("host");
  expect(status.podIP).toBe(status.hostIP);
  const { podIP } = (await podOf("echo-2")).status;
  await cluster.admin.delete(Pods, { namespace: "default", name: "echo-2" });
  expect(await cluster.until(() => cluster.reach(podIP, 5678) === undefined, seconds(10))).toBe(true);
});

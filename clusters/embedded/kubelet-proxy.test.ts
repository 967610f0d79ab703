import { Agent, WebSocket } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RealClock, seconds } from "../../core/index.ts";
import { createKubeClient } from "../../kube/index.ts";
import { Pods } from "../../kube/resources.ts";
import type { KubeObject } from "../../kube/types.ts";
import { startHttpServer } from "../../net/index.ts";
import { EmbeddedCluster, type RunningEmbeddedCluster } from "./index.ts";

const clock = new RealClock();
let cluster: RunningEmbeddedCluster;
let agent: Agent;
let token: string;
beforeAll(async () => {
  cluster = await new EmbeddedCluster({
    clock,
    nodes: 1,
    mounts: "plain",
    containers: "processes",
    timing: { relist: 50, syncTick: 50, syncAfterError: 200 },
  }).start();
  agent = new Agent({ connect: { ca: cluster.adminConfig.caPem } });
  await cluster.until(async () => (await isThere("default")) === true, seconds(5));
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "root", namespace: "default" } };
  const binding = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "root" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "root", namespace: "default" }],
  };
  await cluster.apply([account, binding]);
  token = await tokenOf("root");
  await run("shell", ["sh", "-c", "echo one; echo two; echo three; exec sleep 1000"]);
  await run("loud", ["sh", "-c", "read line; echo got $line; exec sleep 1000"], { stdin: true });
});
afterAll(async () => {
  await agent.close();
  await cluster[Symbol.asyncDispose]();
});

const isThere = async (name: string): Promise<boolean> => {
  const { status } = await cluster.admin.raw("GET", `/api/v1/namespaces/default/serviceaccounts/${name}`);
  return status === 200;
};
async function tokenOf(account: string): Promise<string> {
  const { credentials } = await cluster.configFor("default", account);
  return credentials.kind === "token" ? credentials.token : "";
}
async function run(name: string, command: readonly string[], container: object = {}): Promise<void> {
  const metadata = { name, namespace: "default" };
  const spec = { terminationGracePeriodSeconds: 1, containers: [{ name: "c", image: "app", command, ...container }] };
  await cluster.admin.create(Pods, { apiVersion: "v1", kind: "Pod", metadata, spec } as KubeObject);
  const isRunning = async (): Promise<boolean> =>
    ((await cluster.admin.get(Pods, name, "default"))["status"] as { phase?: string }).phase === "Running";
  expect(await cluster.until(isRunning, seconds(20))).toBe(true);
}

type Said = { stdout: string; stderr: string; status: { status?: string; message?: string; details?: object } };
type Options = { readonly protocol?: string; readonly as?: string; readonly input?: (socket: WebSocket) => void };

/** Speaks with a pod's subresource until the server ends the conversation; undefined when it was refused. */
function speak(
  path: string,
  { protocol = "v5.channel.k8s.io", as = token, input }: Options = {},
): Promise<Said | undefined> {
  const url = `${cluster.adminConfig.server.replace("https", "wss")}/api/v1/namespaces/default/pods/${path}`;
  const socket = new WebSocket(url, {
    protocols: [protocol],
    dispatcher: agent,
    headers: { authorization: `Bearer ${as}` },
  });
  socket.binaryType = "arraybuffer";
  const said = { stdout: "", stderr: "", status: "" };
  let isOpen = false;
  return new Promise((resolve) => {
    socket.onopen = () => {
      isOpen = true;
      input?.(socket);
    };
    socket.onmessage = ({ data }: { data: ArrayBuffer }) => {
      const [channel = 0, ...bytes] = new Uint8Array(data);
      const name = ([undefined, "stdout", "stderr", "status"] as const)[channel];
      if (name !== undefined) said[name] += Buffer.from(bytes).toString();
    };
    socket.onclose = () => resolve(isOpen ? { ...said, status: JSON.parse(said.status || "{}") } : undefined);
  });
}
const log = async (query: string): Promise<string> => {
  const { status, body } = await cluster.admin.raw("GET", `/api/v1/namespaces/default/pods/${query}`);
  return status === 200 ? body : `${status} ${(JSON.parse(body) as { message: string }).message}`;
};
const STREAMS = "stdout=true&stderr=true";

test("a program's output comes on channels of its own, and its exit code in the Status", async () => {
  const said = await speak(`shell/exec?command=sh&command=-c&command=echo+a;echo+b+>%262;exit+3&${STREAMS}`);
  expect(said).toMatchObject({ stdout: "a\n", stderr: "b\n" });
  expect(said?.status).toMatchObject({
    status: "Failure",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "3" }] },
  });
  expect((await speak(`shell/exec?command=true&${STREAMS}`))?.status).toEqual({ metadata: {}, status: "Success" });
});

test.each(["v5.channel.k8s.io", "v4.channel.k8s.io"])("input reaches the program (%s)", async (protocol) => {
  const input = (socket: WebSocket): void => socket.send(Buffer.from("\0line\n"));
  const said = await speak(`shell/exec?command=head&command=-1&stdin=true&${STREAMS}`, { protocol, input });
  expect(said?.stdout).toBe("line\n");
});

test("version 5 closes the input by itself: a program that reads to the end ends", async () => {
  const input = (socket: WebSocket): void => {
    socket.send(Buffer.from("\0whole"));
    socket.send(Buffer.of(255, 0));
  };
  const said = await speak(`shell/exec?command=cat&stdin=true&${STREAMS}`, { input });
  expect(said).toMatchObject({ stdout: "whole", status: { status: "Success" } });
});

test("with a terminal the program has one, of the client's size", async () => {
  const input = (socket: WebSocket): void => socket.send(Buffer.from('\x04{"Width":91,"Height":17}'));
  const program = encodeURIComponent('until [ "$(stty size)" = "17 91" ]; do sleep 0.05; done; tty');
  const said = await speak(`shell/exec?command=sh&command=-c&command=${program}&stdin=true&stdout=true&tty=true`, {
    input,
  });
  expect(said?.stdout).toMatch(/^\/dev\/pts\/\d+\r\n$/);
});

test("a program that does not exist is told by the runtime's words", async () => {
  const said = await speak(`shell/exec?command=nosuch&${STREAMS}`);
  expect(said?.status.message).toMatch(
    /^Internal error occurred: error executing command in container: .*"nosuch": executable file not found in \$PATH$/,
  );
});

test("who may not is refused before anything runs", async () => {
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "guest", namespace: "default" } };
  await cluster.apply([account]);
  expect(await speak(`shell/exec?command=true&${STREAMS}`, { as: await tokenOf("guest") })).toBeUndefined();
  expect(await speak(`shell/exec?command=true&${STREAMS}`, { as: "forged" })).toBeUndefined();
});

test("what is not there is refused", async () => {
  expect(await speak(`nosuch/exec?command=true&${STREAMS}`)).toBeUndefined();
  expect(await speak(`shell/exec?container=x&command=true&${STREAMS}`)).toBeUndefined();
  expect(await speak(`shell/exec?command=true&${STREAMS}`, { protocol: "v9.channel.k8s.io" })).toBeUndefined();
});

test("attach talks with the container's own process", async () => {
  const input = (socket: WebSocket): void => socket.send(Buffer.from("\0word\n"));
  const heard = Promise.withResolvers<void>();
  const talk = speak(`loud/attach?stdin=true&${STREAMS}`, {
    input: (socket) => {
      input(socket);
      socket.addEventListener("message", ({ data }) => {
        if (
          Buffer.from(data as ArrayBuffer)
            .toString()
            .includes("got word")
        )
          heard.resolve();
      });
    },
  });
  await heard.promise;
  await cluster.admin.delete(Pods, { name: "loud", namespace: "default" });
  expect((await talk)?.stdout).toBe("got word\n");
});

test("a log is given whole, by its end, with times and up to a size", async () => {
  expect(await log("shell/log")).toBe("one\ntwo\nthree\n");
  expect(await log("shell/log?tailLines=1")).toBe("three\n");
  expect(await log("shell/log?limitBytes=5")).toBe("one\nt");
  expect(await log("shell/log?timestamps=true&tailLines=1")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
});

test("a log that is not there is refused with the reason", async () => {
  expect(await log("shell/log?previous=true")).toBe('400 previous terminated container "c" in pod "shell" not found');
  expect(await log("shell/log?container=x")).toBe("400 container x is not valid for pod shell");
  expect(await log("shell/log?tailLines=-1")).toContain("422 PodLogOptions");
});

test("a log is followed until the container ends", async () => {
  await run("short", ["sh", "-c", "echo first; read x; echo last"], { stdin: true });
  await using client = createKubeClient(cluster.adminConfig, { clock });
  const followed = client.raw("GET", "/api/v1/namespaces/default/pods/short/log?follow=true");
  await speak(`short/attach?stdin=true&${STREAMS}`, { input: (socket) => socket.send(Buffer.from("\0\n")) });
  expect((await followed).body).toBe("first\nlast\n");
});

test("a port of a pod is forwarded, data and errors on channels of their own", async () => {
  await using server = await startHttpServer({
    clock,
    name: "in the pod",
    handler: (exchange) => exchange.respond(200, {}, "hello"),
  });
  const said: string[] = ["", ""];
  const url = `${cluster.adminConfig.server.replace("https", "wss")}/api/v1/namespaces/default/pods/shell/portforward?ports=${server.port}`;
  const socket = new WebSocket(url, {
    protocols: ["v4.channel.k8s.io"],
    dispatcher: agent,
    headers: { authorization: `Bearer ${token}` },
  });
  socket.binaryType = "arraybuffer";
  const answered = new Promise<void>((resolve) => {
    socket.onopen = () => socket.send(Buffer.from("\0GET / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n"));
    socket.onmessage = ({ data }: { data: ArrayBuffer }) => {
      const [channel = 0, ...bytes] = new Uint8Array(data);
      said[channel] += Buffer.from(bytes).toString("latin1");
      if (said[0]?.endsWith("hello")) resolve();
    };
  });
  await answered;
  const number = Buffer.alloc(2);
  number.writeUInt16LE(server.port);
  // Each channel begins with the port's number.
  expect(said[1]).toBe(number.toString("latin1"));
  expect(said[0]).toContain(`${number.toString("latin1")}HTTP/1.1 200 OK`);
  socket.close();
});

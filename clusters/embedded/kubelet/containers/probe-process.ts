import { connect, type Socket } from "node:net";
import { type Clock, seconds } from "../../../../core/index.ts";
import type { Container, Probe } from "../types.ts";
import type { Execution } from "./execution.ts";

export type ProbeResult = { readonly isPassing: boolean; readonly output: string };

/** As much of an answer as kubelet quotes. */
const MAX_OUTPUT = 1024;

/** Probes a container that is a process of this machine: by a command in it, a request or a connection to it. */
export async function probeProcess(
  clock: Clock,
  probe: Probe,
  container: Container,
  execute: (command: readonly string[]) => Promise<Execution>,
  address = "127.0.0.1",
  place?: { dial(host: string, port: number): Socket; connect(host: string, port: number): Promise<Socket> },
): Promise<ProbeResult> {
  const limit = seconds(probe.timeoutSeconds ?? 1);
  if (probe.exec !== undefined) return await probeByCommand(clock, await execute(probe.exec.command ?? []), limit);
  const { httpGet, tcpSocket } = probe;
  const port = portOf(container, httpGet?.port ?? tcpSocket?.port ?? 0);
  const host = httpGet?.host ?? tcpSocket?.host ?? address;
  const open = (): Socket => (place === undefined ? connect({ host, port }) : place.dial(host, port));
  if (httpGet === undefined) return await probeByConnection(host, port, place);
  const headers = Object.fromEntries((httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const url = `${(httpGet.scheme ?? "HTTP").toLowerCase()}://${host}:${port}${httpGet.path ?? "/"}`;
  return await probeByRequest(open(), url, host, port, httpGet.path ?? "/", headers);
}

async function probeByCommand(clock: Clock, execution: Execution, limitMs: number): Promise<ProbeResult> {
  using deadline = clock.deadline(limitMs);
  deadline.signal.addEventListener("abort", () => execution.kill(), { once: true });
  let output = "";
  for (const stream of [execution.stdout, execution.stderr])
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(0, MAX_OUTPUT);
    });
  const code = await execution.exited;
  if (deadline.signal.aborted) return { isPassing: false, output: `command timed out after ${limitMs / 1000}s` };
  return { isPassing: code === 0, output };
}

async function probeByConnection(
  host: string,
  port: number,
  place: { connect(host: string, port: number): Promise<Socket> } | undefined,
): Promise<ProbeResult> {
  if (place !== undefined)
    return await place.connect(host, port).then(
      (socket) => {
        socket.destroy();
        return { isPassing: true, output: "" };
      },
      () => ({ isPassing: false, output: `dial tcp ${host}:${port}: connect: connection refused` }),
    );
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve({ isPassing: true, output: "" });
    });
    socket.once("error", () =>
      resolve({ isPassing: false, output: `dial tcp ${host}:${port}: connect: connection refused` }),
    );
  });
}

/** One plain request by hand: a probe follows no proxy, keeps no connection and reads the status line alone. */
function probeByRequest(
  socket: Socket,
  url: string,
  host: string,
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    let answer = "";
    const fields = {
      Host: `${host}:${port}`,
      "User-Agent": "kube-probe/1.35",
      Accept: "*/*",
      Connection: "close",
      ...headers,
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    // It waits in the socket until the connection stands.
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]);
      if (Number.isNaN(status)) return;
      socket.destroy();
      const isPassing = status >= 200 && status < 400;
      resolve({ isPassing, output: isPassing ? "" : `HTTP probe failed with statuscode: ${status}` });
    });
    socket.once("error", () => {
      resolve({ isPassing: false, output: `Get "${url}": dial tcp ${host}:${port}: connect: connection refused` });
    });
    socket.once("close", () => resolve({ isPassing: false, output: `Get "${url}": EOF` }));
  });
}

function portOf(container: Container, port: number | string): number {
  if (typeof port === "number") return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}

import type { Readable, Writable } from "node:stream";
import type { WebSocketConnection } from "../../../../net/index.ts";
import type { Execution } from "../containers/execution.ts";
import type { Terminal } from "../containers/terminal.ts";

/** Subprotocols of exec and attach: the first byte of a message is its channel (k8s.io/apimachinery, remotecommand). */
export const REMOTE_COMMAND_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;
/** Version 5: the channel named by the second byte is closed. */
const CLOSE = 255;

/** What the client wants of a program's streams. */
export type StreamOptions = {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
};

/** Kubelet's names of the parameters; the API server's are longer and mean the same. */
export function streamOptions(query: URLSearchParams): StreamOptions {
  const is = (...names: string[]): boolean => names.some((name) => ["1", "true"].includes(query.get(name) ?? ""));
  return {
    stdin: is("input", "stdin"),
    stdout: is("output", "stdout"),
    stderr: is("error", "stderr"),
    tty: is("tty"),
  };
}

/** A program whose streams a client is connected with. */
export type Connected = Pick<Execution, "exited"> & {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly terminal: Terminal | undefined;
};

/** Carries a program's streams over a WebSocket, until it ends or the client goes away. */
export async function serveProgram(
  socket: WebSocketConnection,
  options: StreamOptions,
  program: Connected,
): Promise<void> {
  if (!options.stdin) program.stdin?.end();
  void takeInput(socket, program);
  const said = Promise.all([
    options.stdout ? carry(program.stdout, STDOUT, socket) : program.stdout.resume(),
    options.stderr && !options.tty ? carry(program.stderr, STDERR, socket) : program.stderr.resume(),
  ]);
  const code = await Promise.race([program.exited, gone(socket)]);
  if (code === undefined) return;
  await Promise.race([said, gone(socket)]);
  sendStatus(socket, code === 0 ? { status: "Success" } : exitStatus(code));
  socket.close();
}

/** Ends a conversation whose program could not be started. */
export function refuseProgram(socket: WebSocketConnection, message: string): void {
  sendStatus(socket, {
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  });
  socket.close();
}

function exitStatus(code: number): object {
  return {
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

function sendStatus(socket: WebSocketConnection, status: object): void {
  const text = Buffer.from(JSON.stringify({ metadata: {}, ...status }));
  socket.send(Buffer.concat([Buffer.of(STATUS), text]));
}

async function carry(stream: Readable, channel: number, socket: WebSocketConnection): Promise<void> {
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Buffer);
    if (!socket.send(Buffer.concat([Buffer.of(channel), bytes]))) await socket.drained();
    if (socket.signal.aborted) return;
  }
}

async function takeInput(socket: WebSocketConnection, program: Connected): Promise<void> {
  const { stdin } = program;
  for await (const message of socket.messages()) {
    const data = message.subarray(1);
    const channel = message[0];
    if (channel === STDIN && stdin?.writable === true && !stdin.write(data))
      await Promise.race([new Promise((resolve) => stdin.once("drain", resolve)), program.exited]);
    if (channel === CLOSE && data[0] === STDIN) stdin?.end();
    if (channel === RESIZE) resize(program, data.toString());
  }
  stdin?.end();
}

function resize(program: Connected, text: string): void {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: number; Height?: number };
    if (Number.isInteger(Width) && Number.isInteger(Height)) program.terminal?.resize(Number(Width), Number(Height));
  } catch {
    // A size that cannot be read changes nothing, as with a real kubelet.
  }
}

function gone(socket: WebSocketConnection): Promise<undefined> {
  return new Promise((resolve) => {
    if (socket.signal.aborted) resolve(undefined);
    socket.signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

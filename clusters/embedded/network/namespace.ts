import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";

const CLONE_NEWNET = 0x4000_0000;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const POLLOUT = 4;
const BACKLOG = 128;
/** Of those that a program may meet here. */
const ERRORS: Readonly<Record<number, string>> = {
  1: "EPERM",
  13: "EACCES",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  101: "ENETUNREACH",
  110: "ETIMEDOUT",
  111: "ECONNREFUSED",
  113: "EHOSTUNREACH",
  115: "EINPROGRESS",
};
/** A pod that is going away answers nothing: longer than that nobody waits for it. */
const CONNECT_MS = 5000;

/** A network namespace in which this process opens sockets and starts programs; it ends when all of them are gone. */
export interface NetworkNamespace extends Disposable {
  /** Leads to it for programs such as ip, as long as it is held. */
  readonly path: string;
  /**
   * What `act` starts or opens before it returns belongs to the namespace. Nothing of it may be asynchronous.
   * @throws Error with the code ENONET once the namespace was let go
   */
  within<T>(act: () => T): T;
  /** A descriptor that listens there. @throws Error with `code`, for example EADDRINUSE */
  listen(host: string, port: number): number;
  bindDatagrams(host: string, port: number): number;
  /** A connection from there that may still fail: what is written waits in it. */
  dial(host: string, port: number): Socket;
  /** A connection from there. @throws Error with `code`, for example ECONNREFUSED */
  connect(host: string, port: number): Promise<Socket>;
}

export type MakeNamespace = () => NetworkNamespace;

type Libc = {
  unshare(flags: number): number;
  setns(fd: number, kind: number): number;
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, length: Buffer): number;
  bind(fd: number, address: Buffer, length: number): number;
  listen(fd: number, backlog: number): number;
  connect(fd: number, address: Buffer, length: number): number;
  poll(fds: Buffer, count: number, ms: number): number;
  pollLater(fds: Buffer, count: number, ms: number): Promise<number>;
  errno(): number;
};

/** Tries whether this process may make network namespaces. @returns why not, where it may not */
export async function openNamespaces(): Promise<MakeNamespace | { readonly refused: string }> {
  const libc = await load();
  if (libc === undefined) return { refused: "network namespaces are Linux's" };
  // This thread's own network, to which it returns after each visit elsewhere.
  const home = openSync("/proc/thread-self/ns/net", "r");
  const make: MakeNamespace = () => namespace(libc, home);
  try {
    make()[Symbol.dispose]();
    return make;
  } catch (error) {
    closeSync(home);
    return { refused: `a network namespace is refused here (${(error as NodeJS.ErrnoException).code})` };
  }
}

function namespace(libc: Libc, home: number): NetworkNamespace {
  check(libc, libc.unshare(CLONE_NEWNET), "unshare");
  const fd = openSync("/proc/thread-self/ns/net", "r");
  check(libc, libc.setns(home, CLONE_NEWNET), "setns");
  let isHeld = true;
  const within = <T>(act: () => T): T => {
    // Its descriptor's number may lead to the next namespace by now.
    if (!isHeld) throw Object.assign(new Error("the network namespace is gone"), { code: "ENONET" });
    check(libc, libc.setns(fd, CLONE_NEWNET), "setns");
    try {
      return act();
    } finally {
      check(libc, libc.setns(home, CLONE_NEWNET), "setns");
    }
  };
  const bound = (type: number, host: string, port: number): number => {
    const socket = check(libc, libc.socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    try {
      const yes = int32(1);
      check(libc, libc.setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, yes, yes.length), "setsockopt");
      const address = addressOf(host, port);
      check(libc, libc.bind(socket, address, address.length), `bind ${host}:${port}`);
      if (type === SOCK_STREAM) check(libc, libc.listen(socket, BACKLOG), `listen ${host}:${port}`);
      return socket;
    } catch (error) {
      closeSync(socket);
      throw error;
    }
  };
  const unconnected = (): number =>
    within(() => check(libc, libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
  return {
    path: `/proc/${process.pid}/fd/${fd}`,
    within,
    listen: (host, port) => within(() => bound(SOCK_STREAM, host, port)),
    bindDatagrams: (host, port) => within(() => bound(SOCK_DGRAM, host, port)),
    dial: (host, port) => {
      const socket = unconnected();
      const address = addressOf(host, port);
      const failed = libc.connect(socket, address, address.length) === 0 ? 0 : libc.errno();
      const opened = new Socket({ fd: socket });
      if (failed !== 0 && ERRORS[failed] !== "EINPROGRESS") opened.destroy(failure(failed, `connect ${host}:${port}`));
      return opened;
    },
    connect: async (host, port) => {
      const socket = unconnected();
      try {
        await connected(libc, socket, host, port);
        return new Socket({ fd: socket });
      } catch (error) {
        closeSync(socket);
        throw error;
      }
    },
    [Symbol.dispose]: () => {
      if (isHeld) closeSync(fd);
      isHeld = false;
    },
  };
}

async function connected(libc: Libc, socket: number, host: string, port: number): Promise<void> {
  const address = addressOf(host, port);
  const what = `connect ${host}:${port}`;
  if (libc.connect(socket, address, address.length) === 0) return;
  if (ERRORS[libc.errno()] !== "EINPROGRESS") throw failure(libc.errno(), what);
  const watched = Buffer.alloc(8);
  watched.writeInt32LE(socket, 0);
  watched.writeInt16LE(POLLOUT, 4);
  // On this machine the other side has answered by now, mostly.
  const ready = libc.poll(watched, 1, 0) || (await libc.pollLater(watched, 1, CONNECT_MS));
  if (ready === 0) throw failure(110, what);
  const error = int32(0);
  libc.getsockopt(socket, SOL_SOCKET, SO_ERROR, error, int32(error.length));
  if (error.readInt32LE() !== 0) throw failure(error.readInt32LE(), what);
}

function check(libc: Libc, result: number, what: string): number {
  if (result < 0) throw failure(libc.errno(), what);
  return result;
}

function failure(errno: number, what: string): Error {
  const code = ERRORS[errno] ?? `errno ${errno}`;
  const [call = "", place = ""] = what.split(" ");
  return Object.assign(new Error(`${call} ${code}${place === "" ? "" : ` ${place}`}`), { code });
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** A sockaddr_in. */
function addressOf(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  for (const [index, part] of host.split(".").entries()) bytes[4 + index] = Number(part);
  return bytes;
}

async function load(): Promise<Libc | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    const { default: koffi } = await import("koffi");
    const libc = koffi.load(null);
    const poll = libc.func("int poll(void *fds, unsigned long count, int ms)");
    const functions = {
      unshare: libc.func("int unshare(int flags)"),
      setns: libc.func("int setns(int fd, int kind)"),
      socket: libc.func("int socket(int domain, int type, int protocol)"),
      setsockopt: libc.func("int setsockopt(int fd, int level, int name, const void *value, unsigned int length)"),
      getsockopt: libc.func("int getsockopt(int fd, int level, int name, void *value, void *length)"),
      bind: libc.func("int bind(int fd, const void *address, unsigned int length)"),
      listen: libc.func("int listen(int fd, int backlog)"),
      connect: libc.func("int connect(int fd, const void *address, unsigned int length)"),
      poll,
    };
    const pollLater = promisify(poll.async as (...args: unknown[]) => void);
    return { ...functions, pollLater, errno: () => koffi.errno() } as unknown as Libc;
  } catch {
    return undefined;
  }
}

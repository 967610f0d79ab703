import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope } from "../core/index.ts";
import { tableResolver } from "./dialer.ts";
import { startEgressProxy } from "./egress-proxy.ts";
import { Journal } from "./journal.ts";
import { processDialer } from "./process-dialer.ts";

const clock = new RealClock();
let scope: Scope;
let port: number;
beforeEach(async () => {
  scope = new Scope("test");
  const server: Server = createServer((socket: Socket) => void socket.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scope.defer("server", () => server.close());
  port = (server.address() as { port: number }).port;
});
afterEach(() => scope[Symbol.asyncDispose]());

async function said(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

async function proxy(): Promise<string> {
  const resolvers = [tableResolver({ "sts.us-east-1.amazonaws.com": { host: "127.0.0.1", port } })];
  return scope.use(await startEgressProxy({ clock, journal: new Journal(clock), resolvers })).url;
}

test("a name of the world is reached through the proxy that the environment names", async () => {
  const dial = processDialer({ HTTPS_PROXY: await proxy() });
  expect(await said(await dial("sts.us-east-1.amazonaws.com", 443))).toBe("hello");
});

test("what the proxy refuses is told with its answer", async () => {
  const dial = processDialer({ https_proxy: await proxy() });
  await expect(dial("elsewhere.example", 443)).rejects.toThrow("answered 502 to CONNECT elsewhere.example:443");
});

test.each([
  ["loopback", {}],
  ["an exception", { NO_PROXY: "example.com,localhost" }],
])("%s is reached directly", async (_why, more) => {
  const dial = processDialer({ HTTPS_PROXY: "http://127.0.0.1:1", ...more });
  expect(await said(await dial("127.0.0.1", port))).toBe("hello");
});

test("a name that nobody knows is told as Go's resolver tells it", async () => {
  await expect(processDialer({})("nobody.invalid", 443)).rejects.toThrow(/no such host|EAI_AGAIN/);
});

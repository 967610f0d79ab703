import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { createDialer, loopbackResolver, resolveRoute, tableResolver } from "./index.ts";

test("the first resolver that knows a name wins, with its port before without", async () => {
  const resolvers = [
    tableResolver({ "vault.svc:8200": { host: "127.0.0.1", port: 1 }, "vault.svc": { path: "/run/v.sock" } }),
    tableResolver({ "vault.svc": { host: "127.0.0.1", port: 3 }, other: { host: "127.0.0.1", port: 4 } }),
  ];
  expect(await resolveRoute(resolvers, "vault.svc", 8200)).toEqual({ host: "127.0.0.1", port: 1 });
  expect(await resolveRoute(resolvers, "vault.svc", 443)).toEqual({ path: "/run/v.sock" });
  expect(await resolveRoute(resolvers, "other", 443)).toEqual({ host: "127.0.0.1", port: 4 });
});

test("a name that nobody knows is refused as a lookup would, and never asked of the system", async () => {
  const dial = createDialer({ resolvers: [loopbackResolver] });
  await expect(dial("example.com", 80)).rejects.toMatchObject({
    code: "unavailable",
    message: "lookup example.com: no such host",
    culprit: { host: "example.com" },
  });
});

test.each([["localhost"], ["127.0.0.1"], ["127.1.2.3"], ["::1"]])("%s is loopback", async (host) => {
  expect(await loopbackResolver(host, 7)).toEqual({ host, port: 7 });
});

test.each([["127.0.0.1.example.com"], ["localhost.svc"], ["0.0.0.0"]])("%s is not", async (host) => {
  expect(await loopbackResolver(host, 7)).toBeUndefined();
});

test("a dial that is called off leaves no connection", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const dial = createDialer({ resolvers: [loopbackResolver] });
  await expect(dial("127.0.0.1", port, AbortSignal.abort(new Error("no")))).rejects.toThrow("no");
  const socket = await dial("127.0.0.1", port);
  socket.destroy();
  server.close();
  await once(server, "close");
});

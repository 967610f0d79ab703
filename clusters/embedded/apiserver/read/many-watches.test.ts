import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope } from "../../../../core/index.ts";
import { createKubeClient, type KubeClient } from "../../../../kube/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "../index.ts";

const clock = new RealClock();
const MAPS = "/api/v1/namespaces/default/configmaps";
let scope: Scope;
let api: RunningApiServer;
let admin: KubeClient;

beforeEach(async () => {
  scope = new Scope("test");
  api = scope.use(await new EmbeddedApiServer({ clock }).start());
  api.tokenConfig("admin", { name: "admin", groups: ["system:masters"] });
  admin = scope.use(createKubeClient(api.adminConfig, { clock }));
});
afterEach(() => scope[Symbol.asyncDispose]());

async function connected(): Promise<ClientHttp2Session> {
  const session = connect(api.url, { ca: api.caPem });
  session.on("error", () => {});
  scope.defer("session", () => session.destroy());
  await new Promise<void>((resolve) => session.once("remoteSettings", () => resolve()));
  return session;
}

test("a thousand watches that nobody hears of hold up nobody, and leave nothing when they go", async () => {
  const listeners = (): number => api.context.store.listening("/configmaps");
  const before = listeners();
  const sessions = await Promise.all(Array.from({ length: 10 }, connected));
  await Promise.all(
    sessions.flatMap((session) =>
      Array.from({ length: 100 }, async () => {
        const stream = session.request({ ":path": `${MAPS}?watch=true`, authorization: "Bearer admin" });
        stream.on("error", () => {});
        await new Promise((resolve) => stream.once("response", resolve));
      }),
    ),
  );
  expect(listeners()).toBe(before + 1000);
  expect((await admin.raw("POST", MAPS, { body: { metadata: { name: "a" } } as never })).status).toBe(201);
  for (const session of sessions) session.destroy();
  await expect.poll(listeners).toBe(before);
});

test("a watch whose reader stands still is cut off before what waits for it grows without bounds", async () => {
  const socket = connectTls({ host: "127.0.0.1", port: api.port, ca: api.caPem, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => {});
  scope.defer("socket", () => void socket.destroy());
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.pause();
  socket.write(`GET ${MAPS}?watch=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin\r\n\r\n`);
  const listeners = (): number => api.context.store.listening("/configmaps");
  await expect.poll(listeners).toBeGreaterThan(0);
  const data = { fill: "x".repeat(900_000) };
  let writes = 0;
  while (listeners() > 0 && writes < 64)
    await admin.raw("POST", MAPS, { body: { metadata: { name: `m${writes++}` }, data } as never });
  expect(listeners()).toBe(0);
  expect(writes).toBeGreaterThan(16);
});

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope } from "../../../core/index.ts";
import { createHttpClient } from "../../../net/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "./index.ts";

const clock = new RealClock();
const MAPS = "/api/v1/namespaces/default/configmaps";
let scope: Scope;
let api: RunningApiServer;

beforeEach(async () => {
  scope = new Scope("test");
  api = scope.use(await new EmbeddedApiServer({ clock }).start());
  api.tokenConfig("admin", { name: "admin", groups: ["system:masters"] });
});
afterEach(() => scope[Symbol.asyncDispose]());

async function session(options: { cert?: string; key?: string } = {}): Promise<ClientHttp2Session> {
  const opened = connect(api.url, { ca: api.caPem, ...options });
  scope.defer("session", () => opened.destroy());
  opened.on("error", () => {});
  await new Promise<void>((resolve) => opened.once("remoteSettings", () => resolve()));
  return opened;
}

function send(
  on: ClientHttp2Session,
  method: string,
  path: string,
  body?: unknown,
  token = "admin",
): ClientHttp2Stream {
  const stream = on.request({
    [constants.HTTP2_HEADER_METHOD]: method,
    [constants.HTTP2_HEADER_PATH]: path,
    ...(token !== "" && { authorization: `Bearer ${token}` }),
    "content-type": "application/json",
  });
  stream.on("error", () => {});
  stream.end(body === undefined ? undefined : JSON.stringify(body));
  return stream;
}

async function answerOf(stream: ClientHttp2Stream): Promise<{ status: number; body: string }> {
  const chunks: Buffer[] = [];
  const status = new Promise<number>((resolve) => stream.once("response", (head) => resolve(head[":status"] ?? 0)));
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status: await status, body: Buffer.concat(chunks).toString("utf8") };
}

const map = (name: string): unknown => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });

test("one port speaks what the client offers first: HTTP/2, HTTP/1.1, and HTTP/1.1 to who offers nothing", async () => {
  const chosen = (ALPNProtocols: string[]): Promise<string | false | null> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: api.port, ca: api.caPem, ALPNProtocols }, () => {
        resolve(socket.alpnProtocol);
        socket.destroy();
      }).on("error", reject);
    });
  expect(await chosen(["h2", "http/1.1"])).toBe("h2");
  expect(await chosen(["http/1.1"])).toBe("http/1.1");
  expect(await chosen([])).toBe(false);
  const http = scope.use(createHttpClient({ clock, caPem: api.caPem }));
  expect((await http.request({ method: "GET", url: `${api.url}/readyz` })).body.toString()).toBe("ok");
});

test("reads, writes and refusals are the same over HTTP/2", async () => {
  const on = await session();
  expect(await answerOf(send(on, "POST", MAPS, map("a")))).toMatchObject({ status: 201 });
  const { status, body } = await answerOf(send(on, "POST", MAPS, map("a")));
  expect([status, JSON.parse(body).reason]).toEqual([409, "AlreadyExists"]);
  expect(await answerOf(send(on, "GET", MAPS, undefined, "forged"))).toMatchObject({ status: 401 });
  expect((await answerOf(send(on, "GET", `${MAPS}/a`))).body).toContain('"name":"a"');
});

test("a client certificate says who asks over HTTP/2, too", async () => {
  const { credentials } = api.adminConfig;
  if (credentials.kind !== "certificate") throw new Error("the administrator has a certificate");
  const on = await session({ cert: credentials.certPem, key: credentials.keyPem });
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  for (let turn = 0; turn < 2; turn++)
    expect((await answerOf(send(on, "POST", path, review, ""))).body).toContain('"username":"kubernetes-admin"');
});

test("fifty watches share one connection, and the end of one is not the end of the others", async () => {
  const on = await session();
  const watches = Array.from({ length: 50 }, () => send(on, "GET", `${MAPS}?watch=true&resourceVersion=0`));
  await Promise.all(watches.map((watch) => new Promise((resolve) => watch.once("response", resolve))));
  watches[0]?.close();
  const heard = watches
    .slice(1)
    .map(
      (watch) => new Promise<string>((resolve) => watch.once("data", (line: Buffer) => resolve(line.toString("utf8")))),
    );
  await answerOf(send(on, "POST", MAPS, map("b")));
  for (const line of await Promise.all(heard)) expect(JSON.parse(line).object.metadata.name).toBe("b");
});

test("a connection carries a hundred requests at once, and says so", async () => {
  const on = await session();
  expect(on.remoteSettings.maxConcurrentStreams).toBe(100);
});

test("what is larger than 3 MiB is refused, and the connection goes on", async () => {
  const on = await session();
  const refused = await answerOf(
    send(on, "POST", MAPS, { ...(map("c") as object), data: { x: "y".repeat(10 << 20) } }),
  );
  expect(refused.status).toBe(413);
  expect((await answerOf(send(on, "GET", "/readyz"))).body).toBe("ok");
});

test("a server that ends tells its clients so", async () => {
  const on = await session();
  const goodbye = new Promise<number>((resolve) => on.once("goaway", resolve));
  const watch = send(on, "GET", `${MAPS}?watch=true`);
  await new Promise((resolve) => watch.once("response", resolve));
  await api[Symbol.asyncDispose]();
  expect(await goodbye).toBe(constants.NGHTTP2_NO_ERROR);
});

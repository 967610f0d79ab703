import { mkdtempSync, rmSync } from "node:fs";
import { request as requestRaw } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope, VirtualClock } from "../core/index.ts";
import { createCertificateAuthority, createDialer, createHttpClient, startHttpServer, tableResolver } from "./index.ts";

const clock = new RealClock();
let scope: Scope;
beforeEach(() => {
  scope = new Scope("test");
});
afterEach(() => scope[Symbol.asyncDispose]());

test("a server on every address names one at which it can be reached", async () => {
  await using server = await startHttpServer({
    clock: new RealClock(),
    name: "everywhere",
    listen: { host: "0.0.0.0" },
    handler: (exchange) => exchange.json(200, {}),
  });
  await using client = createHttpClient({ clock: new RealClock() });
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect((await client.request({ method: "GET", url: server.url })).status).toBe(200);
});

test("HTTPS by name through a dialer, with a client certificate, a body and a journal-able path", async () => {
  const ca = await createCertificateAuthority({ clock });
  const leaf = await ca.issue({ commonName: "vault", dnsNames: ["vault.vault.svc"] });
  const client = await ca.issue({ commonName: "alice", organizations: ["system:masters", "devs"] });
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      tls: { ...leaf, clientCaPem: ca.certPem },
      handler: async (exchange) =>
        exchange.json(200, {
          path: exchange.path,
          q: exchange.query.get("q"),
          body: (await exchange.body()).toString(),
          who: exchange.clientCertificate,
        }),
    }),
  );
  const dialer = createDialer({
    resolvers: [tableResolver({ "vault.vault.svc:8200": { host: server.host, port: server.port } })],
  });
  const http = scope.use(createHttpClient({ clock, caPem: ca.certPem, dialer, clientCertificate: client }));
  const answer = await http.request({
    method: "POST",
    url: "https://vault.vault.svc:8200/v1/a%20b?q=1",
    body: "hello",
  });
  expect(JSON.parse(answer.body.toString())).toEqual({
    path: "/v1/a b",
    q: "1",
    body: "hello",
    who: { commonName: "alice", organizations: ["system:masters", "devs"] },
  });
  await expect(http.request({ method: "GET", url: "https://nobody.svc/" })).rejects.toMatchObject({
    code: "unavailable",
    message: "lookup nobody.svc: no such host",
  });
  const stranger = await createCertificateAuthority({ clock, commonName: "stranger" });
  const wrong = scope.use(createHttpClient({ clock, caPem: stranger.certPem, dialer }));
  await expect(wrong.request({ method: "GET", url: "https://vault.vault.svc:8200/" })).rejects.toMatchObject({
    code: "unavailable",
  });
});

test("a foreign client certificate counts as none", async () => {
  const ca = await createCertificateAuthority({ clock });
  const stranger = await createCertificateAuthority({ clock });
  const leaf = await ca.issue({ commonName: "s", ipAddresses: ["127.0.0.1"] });
  const forged = await stranger.issue({ commonName: "admin", organizations: ["system:masters"] });
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      tls: { ...leaf, clientCaPem: ca.certPem },
      handler: (exchange) => exchange.json(200, { who: exchange.clientCertificate ?? null }),
    }),
  );
  const http = scope.use(createHttpClient({ clock, caPem: ca.certPem, clientCertificate: forged }));
  const answer = await http.request({ method: "GET", url: server.url });
  expect(JSON.parse(answer.body.toString())).toEqual({ who: null });
});

test("a stream's head arrives before its body, and the server hears when the reader leaves", async () => {
  const left = Promise.withResolvers<void>();
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      handler: (exchange) => {
        const writer = exchange.stream(200, { "content-type": "application/json" });
        exchange.signal.addEventListener("abort", () => left.resolve());
        writer.write("one\n");
      },
    }),
  );
  const http = scope.use(createHttpClient({ clock }));
  const controller = new AbortController();
  const stream = await http.stream({ method: "GET", url: server.url, signal: controller.signal });
  expect(stream.status).toBe(200);
  for await (const chunk of stream.body) {
    expect(chunk.toString()).toBe("one\n");
    break;
  }
  controller.abort();
  await left.promise;
});

test("a body over the limit is refused with 413", async () => {
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      maxBodyBytes: 10,
      handler: async (exchange) => exchange.json(200, (await exchange.body()).length),
    }),
  );
  const http = scope.use(createHttpClient({ clock }));
  expect((await http.request({ method: "POST", url: server.url, body: "x".repeat(11) })).status).toBe(413);
});

test("a taken port names itself", async () => {
  const server = scope.use(
    await startHttpServer({ clock, name: "first", handler: (exchange) => exchange.respond(204) }),
  );
  await expect(
    startHttpServer({ clock, name: "second", listen: { port: server.port }, handler: () => {} }),
  ).rejects.toMatchObject({ code: "address_in_use" });
});

test("serves a Unix socket and takes it away again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mp-net-"));
  scope.defer("folder", () => rmSync(folder, { recursive: true }));
  const path = join(folder, "s.sock");
  const server = await startHttpServer({
    clock,
    name: "test",
    listen: { path },
    handler: (exchange) => exchange.respond(200, {}, "hi"),
  });
  const http = scope.use(createHttpClient({ clock, dialer: createDialer({ resolvers: [async () => ({ path })] }) }));
  expect((await http.request({ method: "GET", url: "http://any/" })).body.toString()).toBe("hi");
  await server[Symbol.asyncDispose]();
  await expect(http.request({ method: "GET", url: "http://any/" })).rejects.toMatchObject({ code: "unavailable" });
});

test("in virtual time a hanging server lets the deadline pass", async () => {
  const virtual = new VirtualClock(0);
  let gone = false;
  const server = scope.use(
    await startHttpServer({
      clock: virtual,
      name: "test",
      handler: (exchange) => {
        exchange.activity.park();
        exchange.signal.addEventListener("abort", () => {
          gone = true;
        });
      },
    }),
  );
  const http = scope.use(createHttpClient({ clock: virtual }));
  const outcome = http.request({ method: "GET", url: server.url, deadlineMs: 60_000 }).catch((error: unknown) => error);
  await virtual.advance(61_000);
  expect(await outcome).toMatchObject({ code: "timeout" });
  expect(gone).toBe(true);
  expect(virtual.activity.describe()).toEqual([]);
});

test("a body promised over the limit is refused before it is read, and one that grows over it too", async () => {
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      maxBodyBytes: 10,
      handler: async (exchange) => exchange.json(200, (await exchange.body()).length),
    }),
  );
  const status = await new Promise((resolve, reject) => {
    const request = requestRaw(server.url, { method: "POST", headers: { "transfer-encoding": "chunked" } }, (answer) =>
      resolve(answer.statusCode),
    );
    request.on("error", reject);
    request.write("12345678");
    request.write("12345678"); // never ended: the answer comes all the same
  });
  expect(status).toBe(413);
});

test("a body is read once and handed out to everyone who asks", async () => {
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      handler: async (exchange) => exchange.json(200, [await exchange.body(), await exchange.body()].map(String)),
    }),
  );
  const http = scope.use(createHttpClient({ clock }));
  const answer = await http.request({ method: "PUT", url: server.url, body: "twice" });
  expect(JSON.parse(answer.body.toString())).toEqual(["twice", "twice"]);
});

test("what a handler throws is answered 500 without its text", async () => {
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      handler: () => {
        throw new Error("token s.123 is bad");
      },
    }),
  );
  const http = scope.use(createHttpClient({ clock }));
  const answer = await http.request({ method: "GET", url: server.url });
  expect([answer.status, answer.body.toString()]).toEqual([500, "internal error"]);
});

test.each([
  ["what is not HTTP", "HELO there\r\n\r\n", "400 Bad Request"],
  ["a megabyte of headers", `GET / HTTP/1.1\r\nx: ${"y".repeat(1_100_000)}`, "431 Request Header Fields Too Large"],
])("%s gets its refusal", async (_name, bytes, refusal) => {
  const server = scope.use(
    await startHttpServer({ clock, name: "test", handler: (exchange) => exchange.respond(200) }),
  );
  const first = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: server.host, port: server.port }, () => socket.write(bytes));
    socket.once("data", (data: Buffer) => resolve(data.toString()));
    socket.on("error", reject);
  });
  expect(first).toMatch(new RegExp(`^HTTP/1.1 ${refusal}`));
});

test("connections are kept: many requests, one handshake", async () => {
  const ca = await createCertificateAuthority({ clock });
  const peers = new Set<number | undefined>();
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      tls: await ca.issue({ commonName: "s", ipAddresses: ["127.0.0.1"] }),
      handler: (exchange) => {
        peers.add(exchange.raw.request.socket.remotePort);
        exchange.respond(204);
      },
    }),
  );
  const http = scope.use(createHttpClient({ clock, caPem: ca.certPem }));
  for (let n = 0; n < 20; n++) await http.request({ method: "GET", url: server.url });
  expect(peers.size).toBe(1);
});

test("disposal cuts open streams and idle connections on both sides", async () => {
  const server = await startHttpServer({
    clock,
    name: "test",
    handler: (exchange) => void exchange.stream(200).write("open\n"),
  });
  const http = scope.use(createHttpClient({ clock }));
  const stream = await http.stream({ method: "GET", url: server.url });
  const read = Array.fromAsync(stream.body).catch((error: unknown) => error);
  await server[Symbol.asyncDispose]();
  expect(await read).toMatchObject({ code: "unavailable" });
});

test("a stream ends with its signal, long after its head", async () => {
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      handler: (exchange) => void exchange.stream(200).write("open\n"),
    }),
  );
  const http = scope.use(createHttpClient({ clock }));
  const controller = new AbortController();
  const stream = await http.stream({
    method: "GET",
    url: server.url,
    signal: controller.signal,
    deadlineMs: 60_000, // of the head only
  });
  const chunks: string[] = [];
  const read = (async () => {
    for await (const chunk of stream.body) {
      chunks.push(chunk.toString());
      controller.abort(new Error("enough"));
    }
  })();
  await expect(read).rejects.toMatchObject({ code: "cancelled" });
  expect(chunks).toEqual(["open\n"]);
});

test("a reader who lags holds the writer back and loses nothing", async () => {
  const line = `${"x".repeat(1023)}\n`;
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      handler: async (exchange) => {
        const writer = exchange.stream(200);
        for (let n = 0; n < 4096; n++) if (!writer.write(line)) await writer.drained();
        writer.end();
      },
    }),
  );
  const http = scope.use(createHttpClient({ clock }));
  const { body } = await http.stream({ method: "GET", url: server.url });
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(size).toBe(4096 * 1024);
});

test("a call that is called off before it is sent never reaches the server", async () => {
  const http = scope.use(createHttpClient({ clock }));
  const signal = AbortSignal.abort(new Error("no more"));
  await expect(http.request({ method: "GET", url: "http://127.0.0.1:1/", signal })).rejects.toMatchObject({
    code: "cancelled",
  });
});

test("a call waiting for a connection that never comes ends with its deadline", async () => {
  const virtual = new VirtualClock(0);
  const dialing = virtual.activity;
  const http = createHttpClient({
    clock: virtual,
    dialer: () => {
      dialing.begin("a dial that hangs").park();
      return new Promise(() => {});
    },
  });
  const outcome = http.request({ method: "GET", url: "http://h/", deadlineMs: 5000 }).catch((error: unknown) => error);
  await virtual.advance(4999);
  expect(virtual.activity.count).toBe(0);
  await virtual.advance(2);
  expect(await outcome).toMatchObject({ code: "timeout", message: "GET http://h/: deadline of 5000 ms exceeded" });
});

test("a closed client says so", async () => {
  const http = createHttpClient({ clock });
  await http[Symbol.asyncDispose]();
  await expect(http.request({ method: "GET", url: "http://127.0.0.1:1/" })).rejects.toMatchObject({
    code: "cancelled",
  });
});

test("a socket path that is too long is refused by name", async () => {
  const path = `/tmp/${"x".repeat(110)}`;
  await expect(startHttpServer({ clock, name: "test", listen: { path }, handler: () => {} })).rejects.toMatchObject({
    code: "invalid_config",
  });
});

test.each(["plain", "TLS"])("a method that Node does not know is served where it is asked for: %s", async (kind) => {
  const ca = await createCertificateAuthority({ clock });
  const leaf = await ca.issue({ commonName: "vault", dnsNames: ["localhost"] });
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      ...(kind === "TLS" && { tls: leaf }),
      extraMethods: ["LIST"],
      handler: async ({ method, path, headers, json }) => json(200, { method, path, token: headers["x-vault-token"] }),
    }),
  );
  const ask = (method: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket =
        kind === "TLS"
          ? connectTls({ host: server.host, port: server.port, ca: ca.certPem, servername: "localhost" })
          : connect(server.port, server.host);
      const parts: Buffer[] = [];
      socket.on("data", (part: Buffer) => parts.push(part)).on("error", reject);
      socket.on("end", () => resolve(Buffer.concat(parts).toString()));
      // As Python's requests: the connection is to be kept, and serves something else before.
      const one = (verb: string): string => `${verb} /v1/kv/metadata HTTP/1.1\r\nHost: x\r\nX-Vault-Token: t\r\n\r\n`;
      socket.write(one("GET"));
      socket.once("data", () => socket.write(one(method)));
    });
  expect(await ask("LIST")).toMatch(/"method":"GET".*"method":"LIST","path":"\/v1\/kv\/metadata","token":"t"/s);
  expect(await ask("FLY")).toMatch(/HTTP\/1\.1 400 Bad Request/);
});

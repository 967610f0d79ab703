import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope } from "../core/index.ts";
import {
  createCertificateAuthority,
  createDialer,
  createHttpClient,
  type HttpHandler,
  Journal,
  type RunningEgressProxy,
  startEgressProxy,
  startHttpServer,
  tableResolver,
} from "./index.ts";

const clock = new RealClock();
let scope: Scope;
let journal: Journal;
beforeEach(() => {
  scope = new Scope("test");
  journal = new Journal(clock);
});
afterEach(() => scope[Symbol.asyncDispose]());

async function proxyTo(handler: HttpHandler): Promise<RunningEgressProxy> {
  const { host, port } = scope.use(await startHttpServer({ clock, name: "store", handler }));
  const resolvers = [tableResolver({ "vault.vault.svc:8200": { host, port } })];
  return scope.use(await startEgressProxy({ clock, journal, resolvers }));
}

/** As a program with HTTP_PROXY sends it. */
const viaProxy = (proxy: RunningEgressProxy) =>
  scope.use(
    createHttpClient({
      clock,
      dialer: (host, port, signal) =>
        createDialer({ resolvers: [async () => ({ host: "127.0.0.1", port: Number(new URL(proxy.url).port) })] })(
          host,
          port,
          signal,
        ),
    }),
  );

const raw = async (proxy: RunningEgressProxy, request: string): Promise<string> => {
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  socket.write(request);
  return Buffer.concat(await Array.fromAsync(socket)).toString();
};

const seen = (): unknown[] =>
  journal.entries({ seam: "egress" }).map(({ operation, status, caller }) => [operation, status, caller]);

test("forwards what a resolver knows, end-to-end headers and bodies only", async () => {
  const proxy = await proxyTo(async (exchange) => {
    const { host, "x-vault-token": token, te, "proxy-authorization": password, "x-hop": hop } = exchange.headers;
    exchange.json(201, { host, token, te, password, hop, body: (await exchange.body()).toString() });
  });
  const answer = await raw(
    proxy,
    "PUT http://vault.vault.svc:8200/v1/a?list=true HTTP/1.1\r\nHost: vault.vault.svc:8200\r\nX-Vault-Token: t\r\n" +
      "TE: trailers\r\nX-Hop: 1\r\nConnection: close, x-hop\r\nProxy-Authorization: Basic cHJvdmlkZXI6\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
  );
  expect(answer).toMatch(/^HTTP\/1.1 201 Created/);
  expect(answer).toContain('{"host":"vault.vault.svc:8200","token":"t","body":"body"}');
  expect(seen()).toEqual([["PUT http://vault.vault.svc:8200/v1/a", "201", "provider"]]);
});

test("a name that nobody knows is refused and journaled", async () => {
  const proxy = await proxyTo((exchange) => exchange.respond(200));
  const answer = await raw(proxy, "GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1.1 502 /);
  expect(answer).toContain("lookup example.com: no such host");
  expect(await raw(proxy, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n")).toMatch(/^HTTP\/1.1 502 /);
  expect(await raw(proxy, "CONNECT example.com HTTP/1.1\r\nHost: example.com\r\n\r\n")).toMatch(/^HTTP\/1.1 502 /);
  expect(seen()).toEqual([
    ["GET http://example.com/", "502", undefined],
    ["CONNECT example.com:443", "502", undefined],
    ["CONNECT example.com", "502", undefined],
  ]);
});

test("a place where nobody listens is told in Go's words, plain and by CONNECT", async () => {
  const resolvers = [async () => ({ host: "127.0.0.1", port: 1 })];
  const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers }));
  const told = "dial tcp vault.svc:8200: connect: connection refused";
  const plain = "GET http://vault.svc:8200/ HTTP/1.1\r\nHost: vault.svc\r\nConnection: close\r\n\r\n";
  expect(await raw(proxy, plain)).toContain(told);
  expect(await raw(proxy, "CONNECT vault.svc:8200 HTTP/1.1\r\nHost: vault.svc\r\n\r\n")).toContain(told);
});

test("is no server of its own", async () => {
  const proxy = await proxyTo((exchange) => exchange.respond(200));
  expect((await viaProxy(proxy).request({ method: "GET", url: "http://any/v1" })).status).toBe(400);
});

test("a tunnel carries TLS to the server that the name leads to", async () => {
  const ca = await createCertificateAuthority({ clock });
  const tls = await ca.issue({ commonName: "k", dnsNames: ["kubernetes.default.svc"] });
  const server = scope.use(
    await startHttpServer({ clock, name: "api", tls, handler: (exchange) => exchange.respond(200, {}, "inside") }),
  );
  const proxy = scope.use(
    await startEgressProxy({ clock, journal, resolvers: [tableResolver({ "kubernetes.default.svc": server })] }),
  );
  const http = scope.use(
    createHttpClient({
      clock,
      caPem: ca.certPem,
      dialer: async (host, port) => {
        const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
        socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        await once(socket, "data");
        return socket;
      },
    }),
  );
  const answer = await http.request({ method: "GET", url: "https://kubernetes.default.svc/" });
  expect(answer.body.toString()).toBe("inside");
  expect(seen()).toEqual([["CONNECT kubernetes.default.svc:443", "200", undefined]]);
});

test("a child process finds it by its environment", async () => {
  const proxy = await proxyTo((exchange) => exchange.respond(200, {}, `hello ${exchange.headers.host}`));
  const script = `fetch("http://vault.vault.svc:8200/v1").then(async (r) => process.stdout.write(await r.text()))`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
    env: { PATH: process.env["PATH"], ...proxy.environment("provider/vault") },
  });
  expect(stdout).toBe("hello vault.vault.svc:8200");
  expect(journal.entries({ seam: "egress" })).toMatchObject([{ caller: "provider/vault" }]);
});

test("a store that breaks off is seen to break off", async () => {
  const proxy = await proxyTo((exchange) => {
    exchange.raw.response.writeHead(200, { "content-length": "100" });
    exchange.raw.response.write("some", () => exchange.destroy());
  });
  const answer = await raw(
    proxy,
    "GET http://vault.vault.svc:8200/ HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n",
  ).catch((error: NodeJS.ErrnoException) => error.code);
  expect(answer === "ECONNRESET" || (answer ?? "").endsWith("some")).toBe(true);
});

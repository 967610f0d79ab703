import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope, VirtualClock } from "../core/index.ts";
import {
  createCertificateAuthority,
  createDialer,
  createHttpClient,
  createSigningKey,
  signJwt,
  startHttpServer,
  tableResolver,
  verifySignature,
} from "./index.ts";

const clock = new RealClock();
let scope: Scope;
beforeEach(() => {
  scope = new Scope("test");
});
afterEach(() => scope[Symbol.asyncDispose]());

test("a CA issues certificates that OpenSSL's parser and TLS accept", async () => {
  const ca = await createCertificateAuthority({ clock });
  const leaf = await ca.issue({
    commonName: "vault",
    dnsNames: ["vault.vault.svc"],
    ipAddresses: ["127.0.0.1", "::1"],
  });
  const parsed = new X509Certificate(leaf.certPem);
  const root = new X509Certificate(ca.certPem);
  expect(parsed.checkIssued(root)).toBe(true);
  expect(parsed.verify(root.publicKey)).toBe(true);
  expect(parsed.subjectAltName).toBe("DNS:vault.vault.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
  expect(root.ca).toBe(true);
  expect(parsed.ca).toBe(false);
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

test("tokens are verified by signature and key id", async () => {
  const [key, other] = [await createSigningKey(), await createSigningKey()];
  const token = signJwt({ sub: "system:serviceaccount:a:b" }, key);
  expect(verifySignature(token, [other.jwk, key.jwk]).claims).toEqual({ sub: "system:serviceaccount:a:b" });
  expect(() => verifySignature(token, [other.jwk])).toThrow("no known key");
  expect(() =>
    verifySignature(signJwt({ sub: "x" }, { kid: key.kid, privateKey: other.privateKey }), [key.jwk]),
  ).toThrow("does not match");
  expect(() => verifySignature("abc", [key.jwk])).toThrow("not a JWT");
});

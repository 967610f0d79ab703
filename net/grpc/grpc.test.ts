import { type ClientHttp2Session, connect } from "node:http2";
import { afterEach, describe, expect, test } from "vitest";
import { type Clock, RealClock, Scope, VirtualClock } from "../../core/index.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { GrpcError, type Handlers, service } from "../../wire/grpc/index.ts";
import { createCertificateAuthority, createHttpClient, type HttpExchange, startHttpServer } from "../index.ts";
import { grpcHandler, grpcOverHttp2, isGrpc } from "./index.ts";

const real = new RealClock();
let scope = new Scope("test");
afterEach(async () => {
  await scope[Symbol.asyncDispose]();
  scope = new Scope("test");
});

type Options = {
  readonly clock?: Clock;
  readonly tls?: boolean;
  /** In place of gRPC, for what a broken server does. */
  readonly raw?: (exchange: HttpExchange) => void;
};

async function serve(handlers: Handlers<typeof CSIDriverProvider>, options: Options = {}) {
  const { clock = real } = options;
  const authority = await createCertificateAuthority({ clock: real });
  const grpc = grpcHandler({ clock, services: [service(CSIDriverProvider, handlers)] });
  const server = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      http2: true,
      ...(options.tls === true && { tls: await authority.issue({ commonName: "api.test", dnsNames: ["api.test"] }) }),
      handler: (exchange) =>
        isGrpc(exchange)
          ? (options.raw ?? grpc)(exchange)
          : exchange.json(200, { protocol: exchange.raw.request.httpVersion, host: exchange.headers.host }),
    }),
  );
  const dialer = async () => {
    const { connect: dial } = await import("node:net");
    return dial(server.port, server.host);
  };
  const client = (change: { readonly caPem?: string; readonly host?: string } = {}) => {
    const made = grpcOverHttp2(CSIDriverProvider, {
      clock,
      host: "api.test",
      port: 443,
      plaintext: options.tls !== true,
      dialer,
      caPem: authority.certPem,
      ...change,
    });
    scope.defer("client", () => made.close());
    return made;
  };
  return { server, client, dialer, authority };
}

const refusal = (call: Promise<unknown>): Promise<GrpcError> =>
  call.then(
    () => Promise.reject(new Error("the call went through")),
    (error: unknown) => error as GrpcError,
  );

describe("unary gRPC on the port of an HTTP server", () => {
  test("shares the port with HTTP/1.1 and HTTP/2, behind TLS", async () => {
    const { server, client, dialer, authority } = await serve(
      { version: ({ version }) => ({ version }) },
      { tls: true },
    );
    expect((await client().version({ version: "v1" })).version).toBe("v1");
    await using http = createHttpClient({ clock: real, caPem: authority.certPem, dialer });
    const { body } = await http.request({ method: "GET", url: `https://api.test:${server.port}/` });
    expect(JSON.parse(body.toString())).toEqual({ protocol: "1.1", host: `api.test:${server.port}` });
    const session: ClientHttp2Session = connect(server.url, { rejectUnauthorized: false });
    const text = await new Promise<string>((resolve) => {
      const chunks: Buffer[] = [];
      session
        .request({ ":path": "/" })
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => resolve(Buffer.concat(chunks).toString()))
        .end();
    });
    session.destroy();
    expect(JSON.parse(text)).toMatchObject({ protocol: "2.0" });
  });

  test("shares the port without TLS, too", async () => {
    const { server, client } = await serve({ version: () => ({ version: "plain" }) });
    expect((await client().version({})).version).toBe("plain");
    await using http = createHttpClient({ clock: real });
    expect((await http.request({ method: "GET", url: server.url })).status).toBe(200);
  });

  test("brings code, text and details through", async () => {
    const statusDetails = new Uint8Array([8, 5]);
    const { client } = await serve({
      mount: () => Promise.reject(new GrpcError(5, `größer: "%"\n`, { statusDetails })),
    });
    const error = await refusal(client().mount({}));
    expect([error.code, error.details, [...(error.statusDetails ?? [])]]).toEqual([5, `größer: "%"\n`, [8, 5]]);
  });

  test("answers UNIMPLEMENTED to a method without a handler", async () => {
    const { client } = await serve({});
    expect(await refusal(client().version({}))).toMatchObject({ code: 12 });
  });

  test("a connection that does not come about is UNAVAILABLE, with its cause", async () => {
    const { client } = await serve({}, { tls: true });
    const stranger = await createCertificateAuthority({ clock: real });
    const error = await refusal(client({ caPem: stranger.certPem }).version({}));
    expect(error).toMatchObject({ code: 14, connected: false, cause: { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" } });
    const named = await refusal(client({ host: "other.test" }).version({}));
    expect(named).toMatchObject({ code: 14, cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
  });

  test.each<[string, (exchange: HttpExchange) => void, number, string]>([
    ["cuts the connection", (exchange) => exchange.destroy(), 14, "error reading from server: EOF"],
    [
      "answers 503 in HTML",
      (exchange) => exchange.respond(503, { "content-type": "text/html" }, "<p>"),
      14,
      'unexpected HTTP status code received from server: 503 (Service Unavailable); transport: received unexpected content-type "text/html"',
    ],
    [
      "answers 200 in HTML",
      (exchange) => exchange.respond(200, { "content-type": "text/html" }, "<p>"),
      2,
      'transport: received unexpected content-type "text/html"',
    ],
    [
      "sends half a message",
      ({ raw: { response } }) => {
        response.writeHead(200, { "content-type": "application/grpc" });
        response.write(Buffer.from([0, 0, 0, 0, 9, 1]));
        response.addTrailers({ "grpc-status": "0" });
        response.end();
      },
      13,
      "unexpected EOF",
    ],
  ])("a server that %s gets an answer of its own", async (_what, raw, code, details) => {
    const { client } = await serve({}, { raw });
    expect(await refusal(client().version({}))).toMatchObject({ code, details });
  });

  test("a new call finds its way after the connection was lost", async () => {
    let cuts = 1;
    const { client } = await serve({ version: () => ({ version: "back" }) });
    const shared = client();
    const broken = await serve({}, { raw: (exchange) => (cuts-- > 0 ? exchange.destroy() : exchange.respond(503)) });
    expect((await shared.version({})).version).toBe("back");
    const again = broken.client();
    expect(await refusal(again.version({}))).toMatchObject({ code: 14, details: "error reading from server: EOF" });
    expect((await refusal(again.version({}))).details).toContain("503");
  });

  test("a hang ends at the deadline of the virtual clock, and the handler hears of it", async () => {
    const clock = new VirtualClock();
    let heard: unknown;
    const { client } = await serve(
      {
        mount: (_request, { signal, activity }) => {
          activity.park();
          return new Promise<never>((_, reject) => {
            signal.addEventListener("abort", () => {
              heard = signal.reason;
              reject(signal.reason as Error);
            });
          });
        },
      },
      { clock },
    );
    const call = refusal(client().mount({}, { deadlineMs: 60_000 }));
    await clock.advance(61_000);
    expect(await call).toMatchObject({ code: 4, details: "context deadline exceeded" });
    expect(heard).toBeDefined();
  });
});

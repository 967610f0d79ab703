import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import { RealClock, Scope } from "../core/index.ts";
import { createListener } from "./http-protocols.ts";
import { createCertificateAuthority } from "./index.ts";

const settings = { headersTimeout: 40, requestTimeout: 60, connectionsCheckingInterval: 10 };

test.each(["plain", "TLS"])(
  "over %s, beside HTTP/2, who does not come to the end of a request is sent away",
  async (how) => {
    await using scope = new Scope("test");
    const ca = await createCertificateAuthority({ clock: new RealClock() });
    const tls = how === "TLS" ? await ca.issue({ commonName: "x", dnsNames: ["localhost"] }) : undefined;
    const { server } = createListener({
      settings,
      tls,
      http2: {},
      listener: (_request, response) => response.end("ok"),
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    scope.defer("server", () => void server.close());
    const { port } = server.address() as AddressInfo;
    const socket =
      tls === undefined
        ? connect(port, "127.0.0.1")
        : connectTls({ port, host: "127.0.0.1", ca: ca.certPem, servername: "localhost", ALPNProtocols: ["http/1.1"] });
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n");
    expect((await socket.toArray()).join("")).toMatch(/^HTTP\/1\.1 408 /);
  },
);

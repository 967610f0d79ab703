import { expect, test } from "vitest";
import { RealClock } from "../core/index.ts";
import { createCertificateAuthority } from "./ca.ts";
import { createListener, type Http2Options } from "./http-protocols.ts";

const tls = await (await createCertificateAuthority({ clock: new RealClock() })).issue({ commonName: "localhost" });

test.for<[string, typeof tls | undefined, Http2Options | undefined]>([
  ["HTTP/1.1", undefined, undefined],
  ["HTTP/1.1 over TLS", tls, undefined],
  ["HTTP/2", undefined, {}],
  ["HTTP/2 over TLS", tls, {}],
])("what is written in two parts does not wait for TCP's acknowledgement of the first: %s", ([, secrets, http2]) => {
  const { server } = createListener({ settings: {}, tls: secrets, http2, listener: () => {} });
  // What Node's servers are told of Nagle's algorithm, and tell each connection; its types leave it out.
  expect((server as typeof server & { noDelay?: boolean }).noDelay).toBe(true);
});

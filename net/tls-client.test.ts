import { randomBytes } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RealClock, Scope } from "../core/index.ts";
import { type CertificateAuthority, createCertificateAuthority, createHttpClient, startHttpServer } from "./index.ts";
import type { TlsMemory } from "./tls-client.ts";

const clock = new RealClock();
let scope: Scope;
beforeEach(() => {
  scope = new Scope("test");
});
afterEach(() => scope[Symbol.asyncDispose]());

type Answer = { readonly isResumed: boolean; readonly who: string };

async function serve(ca: CertificateAuthority, ticketKeys: Buffer = ca.ticketKeys): Promise<string> {
  const leaf = await ca.reissue({ commonName: "server", ipAddresses: ["127.0.0.1"] });
  const { url } = scope.use(
    await startHttpServer({
      clock,
      name: "test",
      tls: { ...leaf, clientCaPem: ca.certPem, ticketKeys },
      handler: ({ raw, clientCertificate, json }) =>
        json(200, {
          isResumed: (raw.request.socket as TLSSocket).isSessionReused(),
          who: clientCertificate?.commonName ?? "nobody",
        }),
    }),
  );
  return url;
}

/** Two requests of a client that is new, and gone afterwards: by the second answer it has surely read its ticket. */
async function ask(ca: CertificateAuthority, url: string, as?: string, memory?: TlsMemory): Promise<Answer> {
  const clientCertificate = as === undefined ? undefined : await ca.reissue({ commonName: as });
  await using http = createHttpClient({
    clock,
    caPem: ca.certPem,
    connections: 1,
    ...(clientCertificate && { clientCertificate }),
    ...(memory && { memory }),
  });
  await http.request({ method: "GET", url });
  const { body } = await http.request({ method: "GET", url });
  return JSON.parse(body.toString()) as Answer;
}

describe("clients that share a memory", () => {
  test("meet the next server of an authority by the session of the last, still as who they are", async () => {
    const ca = await createCertificateAuthority({ clock });
    const first = await ask(ca, await serve(ca), "alice", ca.memory);
    const second = await ask(ca, await serve(ca), "alice", ca.memory);
    expect([first, second]).toEqual([
      { isResumed: false, who: "alice" },
      { isResumed: true, who: "alice" },
    ]);
  });

  test("never pass for each other", async () => {
    const ca = await createCertificateAuthority({ clock });
    const url = await serve(ca);
    await ask(ca, url, "alice", ca.memory);
    expect(await ask(ca, url, "bob", ca.memory)).toEqual({ isResumed: false, who: "bob" });
    expect(await ask(ca, url, undefined, ca.memory)).toEqual({ isResumed: false, who: "nobody" });
  });

  test("trust nobody for it: other ticket keys mean a whole handshake, another authority a refusal", async () => {
    const [ca, stranger] = await Promise.all([
      createCertificateAuthority({ clock }),
      createCertificateAuthority({ clock, commonName: "stranger" }),
    ]);
    await ask(ca, await serve(ca), undefined, ca.memory);
    const other = await serve(ca, randomBytes(48));
    expect(await ask(ca, other, undefined, ca.memory)).toMatchObject({ isResumed: false });
    await expect(ask(ca, await serve(stranger), undefined, ca.memory)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("leave it out of a configuration that is written down", async () => {
    const ca = await createCertificateAuthority({ clock });
    expect(JSON.parse(JSON.stringify({ server: "https://a", memory: ca.memory }))).toEqual({ server: "https://a" });
  });
});

test("clients without a shared memory meet each server anew", async () => {
  const ca = await createCertificateAuthority({ clock });
  const url = await serve(ca);
  expect([await ask(ca, url), await ask(ca, url)].map(({ isResumed }) => isResumed)).toEqual([false, false]);
});

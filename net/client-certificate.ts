import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { type PeerCertificate, TLSSocket } from "node:tls";

/** A client's certificate, checked against the CA that the server trusts. */
export type ClientCertificate = { readonly commonName: string; readonly organizations: readonly string[] };

const peers = new WeakMap<object, ClientCertificate | undefined>();

/** Read once a connection. Node's own verdict (`authorized`) says whether the trusted CA issued it and it is in date. */
export function certificateOf(
  request: IncomingMessage,
  clientCaPem: string | undefined,
): ClientCertificate | undefined {
  if (clientCaPem === undefined || !(request.socket instanceof TLSSocket)) return undefined;
  const { socket } = request;
  // A stream of HTTP/2 shows its connection's socket as one of its own.
  const connection = (request as unknown as Partial<Http2ServerRequest>).stream?.session ?? socket;
  if (peers.has(connection)) return peers.get(connection);
  const peer: PeerCertificate = socket.getPeerCertificate();
  const isTrusted = socket.authorized && peer.raw !== undefined;
  const found = isTrusted ? { commonName: textOf(peer.subject.CN), organizations: organizationsOf(peer) } : undefined;
  peers.set(connection, found);
  return found;
}

function organizationsOf(peer: PeerCertificate): string[] {
  // Node joins nothing: several O attributes come as an array, which its types do not tell.
  const value = peer.subject.O as string | string[] | undefined;
  if (value !== undefined) return typeof value === "string" ? [value] : value;
  return [...new X509Certificate(peer.raw).subject.matchAll(/^O=(.*)$/gm)].map((match) => match[1] ?? "");
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : (value?.[0] ?? "");
}

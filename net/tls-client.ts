import type { Socket } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";

/** Whom a client trusts, and what it shows of itself. */
export type TlsClientOptions = {
  /** Trusted CAs; Node's own when left out. */
  readonly caPem?: string;
  readonly clientCertificate?: { readonly certPem: string; readonly keyPem: string };
  /** Checks the server's certificate against this name in place of the URL's. */
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
};

/**
 * Makes TLS of sockets. What a handshake needs is read once, and a server that was met before is met by its session:
 * a client with many watches opens many connections.
 */
export function securer(
  options: TlsClientOptions,
  protocol: "http/1.1" | "h2",
): (socket: Socket, host: string, port: string) => Promise<Socket> {
  const sessions = new Map<string, Buffer>();
  let context: SecureContext | undefined;
  return (socket, host, port) =>
    new Promise((resolve, reject) => {
      context ??= createSecureContext({
        ...(options.caPem !== undefined && { ca: options.caPem }),
        ...(options.clientCertificate !== undefined && {
          cert: options.clientCertificate.certPem,
          key: options.clientCertificate.keyPem,
        }),
      });
      const name = options.serverName ?? host;
      const server = `${host}:${port}`;
      const session = sessions.get(server);
      const secured = connectTls(
        {
          socket,
          host: name,
          // RFC 6066: a server name is never an address.
          ...(!/^[\d.]+$|:/.test(name) && { servername: name }),
          ALPNProtocols: [protocol],
          secureContext: context,
          rejectUnauthorized: options.insecureSkipVerify !== true,
          ...(session !== undefined && { session }),
        },
        () => resolve(secured),
      );
      secured.on("session", (fresh: Buffer) => sessions.set(server, fresh));
      secured.once("error", (error) => {
        sessions.delete(server);
        socket.destroy();
        reject(error);
      });
    });
}

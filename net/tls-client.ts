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
  /** Shared with other clients of this process; one of its own when left out. */
  readonly memory?: TlsMemory;
};

/**
 * What clients keep from one handshake to the next: certificates that were read, and sessions of servers that they
 * met. Several clients may share one, since each has its own place in it by whom it trusts and what it shows.
 */
export class TlsMemory {
  readonly #known = new Map<string, TlsKnowledge>();

  /** @internal */
  of({ caPem, clientCertificate, insecureSkipVerify }: TlsClientOptions): TlsKnowledge {
    const key = JSON.stringify([caPem, clientCertificate?.certPem, clientCertificate?.keyPem, insecureSkipVerify]);
    const known = this.#known.get(key) ?? {
      context: createSecureContext({
        ...(caPem !== undefined && { ca: caPem }),
        ...(clientCertificate !== undefined && { cert: clientCertificate.certPem, key: clientCertificate.keyPem }),
      }),
      sessions: new Map(),
    };
    this.#known.set(key, known);
    return known;
  }

  /** It belongs to this process: a configuration that is written down goes without it. */
  toJSON(): undefined {
    return undefined;
  }
}

type TlsKnowledge = {
  readonly context: SecureContext;
  /** By server name: a server is known again at another port, and whoever else listens there cannot open its tickets. */
  readonly sessions: Map<string, Buffer>;
};

/**
 * Makes TLS of sockets. What a handshake needs is read once, and a server that was met before is met by its session:
 * a client with many watches opens many connections.
 */
export function securer(
  options: TlsClientOptions,
  protocol: "http/1.1" | "h2",
): (socket: Socket, host: string) => Promise<Socket> {
  const memory = options.memory ?? new TlsMemory();
  let known: TlsKnowledge | undefined;
  return (socket, host) =>
    new Promise((resolve, reject) => {
      known ??= memory.of(options);
      const { context, sessions } = known;
      const name = options.serverName ?? host;
      const session = sessions.get(name);
      let isSecured = false;
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
        () => {
          isSecured = true;
          resolve(secured);
        },
      );
      secured.on("session", (fresh: Buffer) => sessions.set(name, fresh));
      secured.once("error", (error) => {
        // A connection that breaks later says nothing about the session it was made with.
        if (!isSecured) sessions.delete(name);
        socket.destroy();
        reject(error);
      });
    });
}

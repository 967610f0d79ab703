/** What a server shows of itself, and whose clients' certificates it believes. */
export type ServerTls = {
  readonly certPem: string;
  readonly keyPem: string;
  readonly clientCaPem?: string;
  /** Shared by servers that are one to their clients; each has its own when left out. */
  readonly ticketKeys?: Buffer;
};

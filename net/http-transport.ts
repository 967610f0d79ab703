import type { Agent } from "undici";
import { type ConnectionOptions, createAgent } from "./http-agent.ts";
import { TlsMemory } from "./tls-client.ts";

export type Use = "requests" | "streams";
type LazyAgent = { agent?: Agent; loading?: Promise<Agent>; freed?: Promise<void> };

/** Connections for any number of clients that reach the same servers in the same way, each as who it is. */
export interface HttpTransport extends AsyncDisposable {
  /** At hand once it was asked for. */
  readonly agents: Readonly<Record<Use, LazyAgent>>;
  load(use: Use): Promise<Agent>;
  /**
   * To be told right after an answer. undici has its connection again a turn of the event loop later, when the server
   * has not closed it: who asks one thing after the other waits for that (`agents[use].freed`), and opens no second one.
   */
  answered(use: Use): void;
}

/** @example await using transport = createHttpTransport({ dialer }); const http = createHttpClient({ clock, transport }); */
export function createHttpTransport(options: ConnectionOptions): HttpTransport {
  const { memory = new TlsMemory() } = options;
  // Watches stay open: they must not take the connections away that requests need.
  const agents: Record<Use, LazyAgent> = { requests: {}, streams: {} };
  return {
    agents,
    load: async (use) => {
      const lazy = agents[use];
      lazy.loading ??= createAgent({ ...options, memory }, use);
      lazy.agent = await lazy.loading;
      return lazy.agent;
    },
    answered: (use) => {
      const lazy = agents[use];
      const freed = new Promise<void>((resolve) =>
        setImmediate(() => {
          if (lazy.freed === freed) delete lazy.freed;
          resolve();
        }),
      );
      lazy.freed = freed;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { loading } of Object.values(agents)) if (loading !== undefined) await (await loading).destroy();
    },
  };
}

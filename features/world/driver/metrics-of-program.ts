import { once } from "node:events";
import { createServer } from "node:net";

/** A port nobody listens at, for a program whose flag takes no socket. It may be taken before the program listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What a driver shows a scraper at `/metrics` of its `--metrics-addr` (driver spec, metrics). */
export async function scrape(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return await response.text();
}

import { once } from "node:events";
import { createServer } from "node:net";

/**
 * An address nobody listens at, for a program whose flag takes no socket. Where all of 127.0.0.0/8 is this machine's
 * own, it is one that no other program has a reason to use, so that none takes its port before the program listens.
 */
export async function freeAddress(): Promise<string> {
  const byte = (value: number): number => (value & 0xff) % 254;
  const host =
    process.platform === "linux"
      ? `127.${1 + byte(process.pid >> 16)}.${byte(process.pid >> 8)}.${1 + byte(process.pid)}`
      : "127.0.0.1";
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return `${host}:${typeof address === "object" && address !== null ? address.port : 0}`;
}

/** What a driver shows a scraper at `/metrics` of its `--metrics-addr` (driver spec, metrics). */
export async function scrape(address: string): Promise<string> {
  const response = await fetch(`http://${address}/metrics`);
  return await response.text();
}

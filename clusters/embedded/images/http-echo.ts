import type { Clock } from "../../../core/index.ts";
import { startHttpServer } from "../../../net/index.ts";
import type { PartStarter } from "../kubelet/index.ts";

/**
 * A web server that says what it was asked, or the text that it was given: `-text=hello`, `-listen=:5678`, as
 * hashicorp/http-echo takes them. Without them it listens on the container's first port, else on 80.
 */
export function httpEcho(clock: Clock): PartStarter {
  return async ({ args, address, place, ports, say }) => {
    const flag = (name: string): string | undefined => {
      const found = args.find((arg) => arg.replace(/^--?/, "").startsWith(`${name}=`));
      return found?.slice(found.indexOf("=") + 1);
    };
    const listen = flag("listen");
    const port = listen === undefined ? (ports[0] ?? 80) : Number(listen.slice(listen.lastIndexOf(":") + 1));
    const text = flag("text");
    const server = await startHttpServer({
      clock,
      name: "http-echo",
      listen: { host: address, port, ...(place !== undefined && { place }) },
      handler: async (exchange) => {
        const body = text === undefined ? await exchange.body() : undefined;
        const told = `${exchange.method} ${exchange.rawPath}\n${body?.toString() ?? ""}`;
        exchange.respond(200, { "content-type": "text/plain; charset=utf-8" }, text === undefined ? told : `${text}\n`);
        say("stdout", `${exchange.method} ${exchange.rawPath} 200`);
      },
    });
    say("stdout", `listening on ${address}:${port}`);
    return server;
  };
}

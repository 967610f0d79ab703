import { readFileSync } from "node:fs";
import { type Clock, MountproofError, messageOf, RealClock } from "../../core/index.ts";
import { createHttpClient, type Dialer, Journal, processDialer, startHttpServer } from "../../net/index.ts";
import { CONTROL_ROOT } from "./control.ts";

/** Where the cloud's names must lead: port 443 of its Service. */
export const TLS_PORT = 8443;
/** Where what a machine asks is served, plain: port 80 of its Service. */
export const PLAIN_PORT = 8081;
/** The control API, plain, and `GET /healthz`. */
export const CONTROL_PORT = 8080;

const ACCOUNT_CA = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
/** A server that runs for days must not grow with its requests. */
const KEPT_EXCHANGES = 10_000;
const HOST = "0.0.0.0";

export type ContainerParts = {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly dialer: Dialer;
  readonly tls: { readonly certPem: string; readonly keyPem: string };
  /** Whose certificate the cluster's issuer shows: the cluster's own CA, as every pod has it. */
  readonly issuerCaPem?: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly plainListen: { readonly host: string; readonly port: number };
};

/**
 * A fake cloud as a container. `MOUNTPROOF_TLS` names the folder with its certificate (tls.crt, tls.key) and its
 * authority's (ca.crt); the certificate bears the cloud's names and `localhost`. The control API stands on a port of its
 * own, which also takes `POST reset`: the store begins anew.
 * @param start must serve the control API on the port that it listens on
 */
export async function runFakeContainer(
  name: string,
  start: (parts: ContainerParts) => Promise<AsyncDisposable>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  try {
    await serve(name, start, env);
    return 0;
  } catch (error) {
    process.stderr.write(`error: ${error instanceof MountproofError ? error.describe() : messageOf(error)}\n`);
    return 1;
  }
}

async function serve(
  name: string,
  start: (parts: ContainerParts) => Promise<AsyncDisposable>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const clock = new RealClock();
  const folder = env["MOUNTPROOF_TLS"] ?? "/tls";
  const [certPem, keyPem, caPem] = ["tls.crt", "tls.key", "ca.crt"].map((file) => required(`${folder}/${file}`));
  const issuerCaPem = readIfThere(env["MOUNTPROOF_ISSUER_CA"] ?? ACCOUNT_CA);
  const portOf = (variable: string, usual: number): number => Number(env[variable] ?? usual);
  const parts: ContainerParts = {
    clock,
    journal: new Journal(clock, { keep: KEPT_EXCHANGES }),
    dialer: processDialer(env),
    tls: { certPem: certPem ?? "", keyPem: keyPem ?? "" },
    ...(issuerCaPem !== undefined && { issuerCaPem }),
    listen: { host: HOST, port: portOf("MOUNTPROOF_TLS_PORT", TLS_PORT) },
    plainListen: { host: HOST, port: portOf("MOUNTPROOF_PLAIN_PORT", PLAIN_PORT) },
  };
  let store = await start(parts);
  await using http = createHttpClient({ clock, caPem: caPem ?? "" });
  await using _control = await startHttpServer({
    clock,
    name: `fake/${name} control`,
    listen: { host: HOST, port: portOf("MOUNTPROOF_CONTROL_PORT", CONTROL_PORT) },
    handler: async (exchange) => {
      const { method, path } = exchange;
      if (path === "/healthz") return exchange.json(200, { store: name });
      if (!path.startsWith(CONTROL_ROOT)) return exchange.json(404, { error: `the control API is at ${CONTROL_ROOT}` });
      if (`${method} ${path}` === `POST ${CONTROL_ROOT}reset`) {
        await store[Symbol.asyncDispose]();
        store = await start(parts);
        return exchange.json(200, { reset: true });
      }
      const answer = await http.request({
        method,
        url: `https://localhost:${parts.listen.port}${exchange.raw.request.url}`,
        headers: { "content-type": "application/json" },
        signal: exchange.signal,
        ...(method !== "GET" && { body: await exchange.body() }),
      });
      exchange.respond(answer.status, { "content-type": "application/json" }, answer.body);
    },
  });
  process.stdout.write(`${JSON.stringify({ store: name, ...parts.listen })}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  await store[Symbol.asyncDispose]();
}

function required(path: string): string {
  const found = readIfThere(path);
  if (found !== undefined) return found;
  throw new MountproofError("invalid_argument", {
    message: `the certificate "${path}" cannot be read`,
    hint: "MOUNTPROOF_TLS names a folder with tls.crt, tls.key and ca.crt",
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

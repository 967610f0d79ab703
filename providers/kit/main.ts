import { describeFlags, type FlagTable, type FlagValues, parseFlags } from "../../core/go/flags.ts";
import { type Clock, createLog, isMountproofError, type Log, RealClock, Scope } from "../../core/index.ts";
import { journalInto } from "../../net/index.ts";
import { type Provider, type RunningProviderServer, startProvider } from "./provider.ts";

/** As Go's runtime ends a process that panicked. */
const PANIC_EXIT = 2;

type Text = { readonly kind: "string"; readonly initial: string; readonly usage: string };
type Switch = { readonly kind: "boolean"; readonly initial: string; readonly usage: string };
export type CommonFlags = {
  readonly endpoint: Text;
  readonly "log-level": Text;
  readonly behaviour: Text;
  readonly "journal-file": Text;
  readonly help: Switch;
};

/** Flags that every provider has. */
export const COMMON_FLAGS: CommonFlags = {
  endpoint: { kind: "string", initial: "/tmp/provider.sock", usage: "path of the socket to serve on" },
  "log-level": { kind: "string", initial: "info", usage: "info, debug, warn or error" },
  behaviour: { kind: "string", initial: "hardened", usage: "hardened or upstream" },
  "journal-file": { kind: "string", initial: "", usage: "write each call there, as a line of JSON" },
  help: { kind: "boolean", initial: "false", usage: "print this" },
};

export type ProcessParts = { readonly clock: Clock; readonly log: Log };

/** What some providers' processes have more than the socket. */
export type ProcessExtras<T extends FlagTable> = {
  /** gRPC's health check on the same socket. */
  readonly health?: boolean;
  /** Started once the provider serves, and ended before it: a port for probes. */
  readonly beside?: (
    server: RunningProviderServer,
    flags: FlagValues<T>,
    parts: ProcessParts,
  ) => Promise<AsyncDisposable>;
};

/**
 * A provider as a process of its own: runs until SIGTERM or SIGINT, then lets the calls under way finish.
 * @returns the exit code
 */
export async function runProvider<T extends FlagTable & CommonFlags>(
  name: string,
  argv: readonly string[],
  table: T,
  make: (flags: FlagValues<T>, parts: ProcessParts) => Promise<Provider>,
  extras: ProcessExtras<T> = {},
): Promise<number> {
  try {
    const flags = parseFlags(argv, table);
    const common = flags as unknown as FlagValues<CommonFlags>;
    if (common.help) {
      process.stdout.write(`usage: mountproof provider ${name} [flags]\n\n${describeFlags(table)}`);
      return 0;
    }
    const clock = new RealClock();
    const log = createLog({
      clock,
      name: `provider/${name}`,
      level: common["log-level"] === "debug" ? "debug" : "info",
    });
    await using scope = new Scope(`provider ${name}`);
    const stopping = Promise.withResolvers<number>();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const stop = (): void => stopping.resolve(0);
      process.on(signal, stop);
      scope.defer(signal, () => process.off(signal, stop));
    }
    const provider = await make(flags, { clock, log });
    const server = scope.use(
      await startProvider({
        clock,
        log,
        endpoint: common.endpoint,
        journal: journalInto(common["journal-file"], clock),
        provider,
        ...(extras.health !== undefined && { health: extras.health }),
        onCrash: (why) => {
          process.stderr.write(`panic: ${why}\n`);
          process.exit(PANIC_EXIT);
        },
      }),
    );
    if (extras.beside !== undefined) scope.use(await extras.beside(server, flags, { clock, log }));
    log.info("provider is serving", { socket: server.socketPath, behaviour: common.behaviour });
    const code = await stopping.promise;
    await server.drain();
    return code;
  } catch (error) {
    if (!isMountproofError(error)) throw error;
    process.stderr.write(`error: ${error.describe()}\n`);
    return 1;
  }
}

import { type Clock, type Log, type Random, Scope, silentLog, systemRandom } from "../../core/index.ts";
import { type Dialer, type HttpExchange, type HttpServerOptions, Journal } from "../../net/index.ts";
import { type RunningFakeServer, startFakeServer } from "../kit/index.ts";
import { localCall, VaultAdmin } from "./admin.ts";
import { controlsOf } from "./controls.ts";
import { assemble } from "./core/assemble.ts";
import { ClusterAccess, type InCluster } from "./core/cluster-access.ts";
import type { Answer } from "./core/envelope.ts";
import type { NodeMode } from "./core/seal.ts";
import type { VaultState } from "./core/state.ts";
import { type Dialect, OPENBAO, VAULT } from "./dialect.ts";
import { dispatch, STANDARD_HEADERS } from "./http/dispatch.ts";
import { seedVault } from "./seed.ts";

export type FakeVaultSpec = {
  readonly clock: Clock;
  readonly log?: Log;
  readonly random?: Random;
  readonly journal?: Journal;
  readonly listen?: HttpServerOptions["listen"];
  /** Plain HTTP without it, as in dev mode. */
  readonly tls?: HttpServerOptions["tls"];
  /** `vault` by default. */
  readonly dialect?: "vault" | "openbao";
  /** Drawn when left out. */
  readonly rootToken?: string;
  /** How names of the cluster become connections, for the kubernetes auth method. */
  readonly dialer?: Dialer;
  /** What a Vault in a pod finds in its own file system: its token, the cluster's CA. */
  readonly inCluster?: InCluster;
  /** The control API on the store's own port. */
  readonly control?: boolean;
};

export interface RunningFakeVault extends AsyncDisposable {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly rootToken: string;
  /** Those that `sys/unseal` takes, as the server was started. */
  readonly unsealKeys: readonly string[];
  readonly journal: Journal;
  readonly faults: RunningFakeServer["faults"];
  /** With the root token and without a socket: for seeding and for steps. */
  readonly admin: VaultAdmin;
  /** Serves the same Vault on another address, behind TLS for example. */
  listenToo(
    listener: Pick<FakeVaultSpec, "listen" | "tls">,
  ): Promise<AsyncDisposable & { readonly host: string; readonly port: number }>;
  seal(): void;
  unseal(): void;
  /** What the node is in its cluster; `active` at first. */
  setMode(mode: NodeMode): void;
}

const DIALECTS: Readonly<Record<NonNullable<FakeVaultSpec["dialect"]>, Dialect>> = { vault: VAULT, openbao: OPENBAO };

/**
 * A Vault server in one process: KV, tokens, policies, kubernetes and jwt auth, seal, namespaces, audit, over the
 * public HTTP API.
 *
 * @example
 * await using vault = await new FakeVault({ clock }).start();
 * await vault.admin.write("secret/data/app", { data: { password: "x" } });
 */
export class FakeVault {
  readonly #spec: FakeVaultSpec;

  constructor(spec: FakeVaultSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError `address_in_use` for a taken port, `environment` when it cannot listen otherwise */
  async start(): Promise<RunningFakeVault> {
    return await Scope.run("fake Vault", (scope) => startIn(this.#spec, scope));
  }
}

async function startIn(spec: FakeVaultSpec, scope: Scope): Promise<RunningFakeVault> {
  const { clock, log = silentLog, random = systemRandom() } = spec;
  const journal = spec.journal ?? new Journal(clock);
  const cluster = scope.use(new ClusterAccess(clock, spec.dialer, spec.inCluster ?? {}));
  const { state, rootToken } = assemble({
    clock,
    random,
    log,
    dialect: DIALECTS[spec.dialect ?? "vault"],
    cluster,
    devMounts: true,
    ...(spec.rootToken !== undefined && { rootToken: spec.rootToken }),
  });
  const call = localCall(state, rootToken);
  const admin = new VaultAdmin(call);
  const serve = async ({ listen, tls }: Pick<FakeVaultSpec, "listen" | "tls">): Promise<RunningFakeServer> =>
    await startFakeServer({
      clock,
      name: "fake/vault",
      journal,
      ...(listen !== undefined && { listen }),
      ...(tls !== undefined && { tls }),
      ...(spec.control !== undefined && { control: spec.control }),
      extraMethods: ["LIST"],
      seed: (seed) => seedVault(admin, seed),
      controls: controlsOf(state, call, async (tls) => {
        const { host, port } = scope.use(await serve({ tls }));
        return { host, port };
      }),
      handler: async (exchange) => respond(exchange, await answer(state, exchange)),
      describe: ({ headers }) => {
        const namespace = headers["x-vault-namespace"];
        return {
          hasToken: headers["x-vault-token"] !== undefined || headers.authorization !== undefined,
          ...(namespace !== undefined && { namespace }),
        };
      },
    });
  const server = scope.use(await serve(spec));
  return {
    url: server.url,
    host: server.host,
    port: server.port,
    rootToken,
    unsealKeys: state.seal.keys,
    journal,
    faults: server.faults,
    admin,
    listenToo: (listener) => serve(listener),
    seal: () => state.seal.seal(),
    unseal: () => {
      state.seal.isSealed = false;
    },
    setMode: (mode) => {
      state.seal.mode = mode;
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

async function answer(state: VaultState, exchange: HttpExchange): Promise<Answer> {
  return await dispatch(
    state,
    {
      method: exchange.method,
      path: exchange.path,
      query: exchange.query,
      headers: exchange.headers,
      remoteAddress: exchange.remoteAddress,
      body: () => exchange.body(),
    },
    exchange.raw.request.url ?? exchange.rawPath,
  );
}

function respond(exchange: HttpExchange, { status, contentType, body, headers }: Answer): void {
  const type = status === 204 ? {} : { "Content-Type": contentType };
  exchange.respond(status, { ...STANDARD_HEADERS, ...type, ...headers }, exchange.method === "HEAD" ? "" : body);
}

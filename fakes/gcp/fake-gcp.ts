import { type Clock, hours, type Random, Scope } from "../../core/index.ts";
import { grpcHandler, isGrpc, refuseGrpc } from "../../net/grpc/index.ts";
import { type Dialer, FaultPlan, type HttpExchange, type HttpServerOptions, Journal } from "../../net/index.ts";
import type { ServerCall } from "../../wire/grpc/server.ts";
import { GrpcError } from "../../wire/grpc/status.ts";
import { type RunningFakeServer, startFakeServer, toldControl } from "../kit/index.ts";
import { GCP_OPERATIONS, GcpAdmin, type GcpTold } from "./admin.ts";
import { answerMetadata } from "./http/metadata.ts";
import { OAuth } from "./http/oauth.ts";
import { noSuchPath, RestApi } from "./http/rest.ts";
import { type Principal, serviceAccountPrincipal } from "./iam/principal.ts";
import { parameterManager } from "./parameters/service.ts";
import { secretManager } from "./secrets/service.ts";
import { type GcpSeed, seedGcp } from "./seed.ts";
import { createState, type GcpState } from "./state.ts";
import { CODE_NAMES, codeOfHttp } from "./status.ts";

export type FakeGcpSpec = {
  readonly clock: Clock;
  readonly random?: Random;
  readonly journal?: Journal;
  readonly listen?: HttpServerOptions["listen"];
  /** Without it plain HTTP/1.1 and HTTP/2, for clients that are told to go without TLS. */
  readonly tls?: HttpServerOptions["tls"];
  /** How issuers' hosts become connections. */
  readonly dialer?: Dialer;
  /** Who issued the issuers' certificates, PEM. */
  readonly issuerCaPem?: string;
  /** The access token of one who may do all; drawn when left out. */
  readonly rootToken?: string;
  /** The control API on the same port. */
  readonly control?: boolean;
};

export interface RunningFakeGcp extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** An access token that may do all: for seeds over the API. */
  readonly rootToken: string;
  readonly journal: Journal;
  readonly faults: RunningFakeServer["faults"];
  /** What it holds, for steps that change it from inside. */
  readonly state: GcpState;
  /** As the owner and without a socket: for steps. */
  readonly told: GcpTold;
  /** @throws MountproofError `invalid_argument` */
  seed(seed: GcpSeed): void;
  /** Serves the same Google on another address, behind another certificate for example. */
  listenToo(
    listener: Pick<FakeGcpSpec, "listen" | "tls">,
  ): Promise<AsyncDisposable & { readonly host: string; readonly port: number }>;
}

const ROOT: Principal = { name: "user:root@mountproof", members: new Set(["user:root@mountproof"]), isRoot: true };
const ROOT_TOKEN_MS = hours(24 * 365);

/**
 * Google's side of a mount in one server, which answers for every host name it is reached by: token exchange, IAM
 * Credentials, Secret Manager and Parameter Manager over gRPC and plain HTTP, and the metadata server.
 *
 * @example
 * await using google = await new FakeGcp({ clock, tls, issuerCaPem }).start();
 * google.seed({ projects: { p: {} }, secrets: { "projects/p/secrets/s": { versions: ["x"] } } });
 */
export class FakeGcp {
  readonly #spec: FakeGcpSpec;

  constructor(spec: FakeGcpSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError `address_in_use` for a taken port, `environment` when it cannot listen otherwise */
  async start(): Promise<RunningFakeGcp> {
    return await Scope.run("fake Google", (scope) => startIn(this.#spec, scope));
  }
}

/** How a call ended and who made it, until the journal asks. */
type Outcome = { code?: string; caller?: string; name?: string };

async function startIn(spec: FakeGcpSpec, scope: Scope): Promise<RunningFakeGcp> {
  const { clock } = spec;
  const journal = spec.journal ?? new Journal(clock);
  const state = createState(spec, scope);
  const admin = new GcpAdmin(state);
  const faults = new FaultPlan();
  const rootToken = state.tokens.issue(ROOT, ROOT_TOKEN_MS, spec.rootToken);
  const services = [
    secretManager({ ...state, store: state.secrets }),
    parameterManager({ ...state, store: state.parameters }),
    state.accounts.service(),
  ];
  const outcomes = new WeakMap<object, Outcome>();
  const outcomeOf = ({ raw }: HttpExchange): Outcome => {
    const known = outcomes.get(raw.request) ?? {};
    outcomes.set(raw.request, known);
    return known;
  };
  const calls = new WeakMap<object, ServerCall>();
  const ended = (exchange: HttpExchange, request: object | undefined, status: GrpcError | undefined): void => {
    const call = calls.get(exchange.raw.request);
    const caller = call === undefined ? undefined : state.gate.callerSeen(call);
    const name = (request as { readonly name?: string } | undefined)?.name;
    Object.assign(outcomeOf(exchange), {
      code: CODE_NAMES[status?.code ?? 0] ?? String(status?.code),
      ...(caller !== undefined && { caller }),
      ...(name !== undefined && name !== "" && { name }),
    });
  };
  const grpc = grpcHandler({
    clock,
    services,
    before: async (exchange, call) => void calls.set(exchange.raw.request, call),
    onEnd: ended,
  });
  const rest = new RestApi(services);
  const oauth = new OAuth(state, state.accounts);
  const plain = async (exchange: HttpExchange): Promise<void> => {
    const call = callOf(exchange);
    calls.set(exchange.raw.request, call);
    if (await rest.answer(exchange, call, (status) => ended(exchange, undefined, status))) return;
    if (await oauth.answer(exchange)) return;
    const { serviceAccount = "" } = state.machine;
    const token = (seconds: number): string =>
      state.tokens.issue(serviceAccountPrincipal(serviceAccount), seconds * 1000);
    if (answerMetadata(exchange, state.machine, token)) return;
    noSuchPath(exchange);
  };
  const serve = async ({ listen, tls }: Pick<FakeGcpSpec, "listen" | "tls">): Promise<RunningFakeServer> =>
    await startFakeServer({
      clock,
      name: "fake/gcp",
      journal,
      faults,
      http2: true,
      ...(listen !== undefined && { listen }),
      ...(tls !== undefined && { tls }),
      ...(spec.control !== undefined && { control: spec.control }),
      seed: async (seed) => seedGcp(state, seed),
      controls: toldControl(admin, GCP_OPERATIONS),
      adapt: (exchange) =>
        isGrpc(exchange) ? speakingGrpc(exchange, (status) => ended(exchange, undefined, status)) : exchange,
      handler: (exchange) => (isGrpc(exchange) ? grpc(exchange) : plain(exchange)),
      describe: (exchange) => ({ host: exchange.headers.host ?? "", ...outcomes.get(exchange.raw.request) }),
    });
  const server = scope.use(await serve(spec));
  return {
    url: server.url,
    host: server.host,
    port: server.port,
    rootToken,
    journal,
    faults,
    state,
    told: admin,
    seed: (seed) => seedGcp(state, seed),
    listenToo: (listener) => serve(listener),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** A fault's HTTP status becomes the code that Google would send: gRPC has no other. */
function speakingGrpc(exchange: HttpExchange, onEnd: (status: GrpcError) => void): HttpExchange {
  return {
    ...exchange,
    respond: (status, headers, body) => {
      if (status === 200) return exchange.respond(status, headers, body);
      const error = new GrpcError(codeOfHttp(status), messageIn(body) ?? `HTTP ${status}`);
      onEnd(error);
      refuseGrpc(exchange, error);
    },
  };
}

function messageIn(body: string | Uint8Array | undefined): string | undefined {
  const text = typeof body === "string" ? body : undefined;
  try {
    return (JSON.parse(text ?? "") as { error?: { message?: string } }).error?.message ?? text;
  } catch {
    return text;
  }
}

function callOf(exchange: HttpExchange): ServerCall {
  const { headers, signal, activity } = exchange;
  return {
    signal,
    deadline: undefined,
    authority: headers.host ?? "",
    method: exchange.path,
    metadata: new Map(headers.authorization === undefined ? [] : [["authorization", headers.authorization]]),
    activity,
  };
}

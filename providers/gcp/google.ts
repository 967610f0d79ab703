import type { Clock, Random } from "../../core/index.ts";
import { messageOf, waiting } from "../../core/index.ts";
import { grpcOverHttp2 } from "../../net/grpc/index.ts";
import type { Dialer } from "../../net/index.ts";
import { IAMCredentials } from "../../wire/gen/google_iamcredentials_pb.ts";
import { ParameterManager } from "../../wire/gen/google_parametermanager_pb.ts";
import { SecretManagerService } from "../../wire/gen/google_secretmanager_pb.ts";
import { GrpcError, GrpcStatus, networkFailure, type ProviderBehaviour } from "../kit/index.ts";
import type { AccessToken } from "./exchange.ts";
import { DEFAULTS } from "./spec.ts";

const PORT = 443;

type Backoff = {
  readonly codes: readonly number[];
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
};

/** Each call's own rules, as the client libraries ship them. */
const ACCESS: Backoff = {
  codes: [GrpcStatus.UNAVAILABLE, GrpcStatus.RESOURCE_EXHAUSTED],
  firstMs: 2000,
  factor: 2,
  maxMs: 60_000,
};
const RENDER: Backoff = { codes: [GrpcStatus.UNAVAILABLE], firstMs: 1000, factor: 1.3, maxMs: 10_000 };
const IMPERSONATE: Backoff = {
  codes: [GrpcStatus.UNAVAILABLE, GrpcStatus.DEADLINE_EXCEEDED],
  firstMs: 100,
  factor: 1.3,
  maxMs: 60_000,
};

export type GoogleOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly behaviour: ProviderBehaviour;
  readonly dialer?: Dialer;
  readonly caPem?: string;
  /** Told of each finished call by the name its metric has. */
  readonly onCall?: (kind: string, status: string, tookMs: number) => void;
};

/** How long a call may take, and who may call it off. */
export type CallLimits = { readonly signal: AbortSignal; readonly budgetMs: number };

/** What an object's answer says of it. */
export type Fetched = {
  /** The version's full name. */
  readonly version: string;
  readonly contents: Uint8Array | undefined;
  /** CRC-32C of the contents, where the service tells it. */
  readonly checksum?: bigint;
};

/**
 * The three calls at Google that a mount needs, with the retries of Google's own client libraries on this project's
 * clock. Those libraries are not used here: they take half a second and 30 MB to load, dial by themselves, and wait in
 * real time.
 */
export class Google implements Disposable {
  readonly #options: GoogleOptions;
  readonly #clients = new Map<string, Disposable>();

  constructor(options: GoogleOptions) {
    this.#options = options;
  }

  async accessSecret(host: string, name: string, token: AccessToken, limits: CallLimits): Promise<Fetched> {
    const client = this.#client(host, SecretManagerService);
    const reply = await this.#call("secretmanager_access_secret_version_requests", host, ACCESS, limits, (deadlineMs) =>
      client.accessSecretVersion({ name }, { deadlineMs, signal: limits.signal, metadata: metadataOf(token, name) }),
    );
    const { payload } = reply;
    return {
      version: reply.name,
      contents: payload?.data,
      ...(payload?.dataCrc32c !== undefined && { checksum: payload.dataCrc32c }),
    };
  }

  async renderParameter(host: string, name: string, token: AccessToken, limits: CallLimits): Promise<Fetched> {
    const client = this.#client(host, ParameterManager);
    const reply = await this.#call(
      "parametermanager_render_parameter_version_requests",
      host,
      RENDER,
      limits,
      (deadlineMs) =>
        client.renderParameterVersion(
          { name },
          { deadlineMs, signal: limits.signal, metadata: metadataOf(token, name) },
        ),
    );
    return { version: reply.parameterVersion, contents: reply.renderedPayload };
  }

  /** Lends the rights of a Google service account. */
  async impersonate(
    email: string,
    delegates: readonly string[],
    token: AccessToken,
    limits: CallLimits,
  ): Promise<AccessToken> {
    const host = "iamcredentials.googleapis.com";
    const client = this.#client(host, IAMCredentials);
    const name = `projects/-/serviceAccounts/${email}`;
    const request = {
      name,
      scope: [DEFAULTS.scope],
      delegates: delegates.map((delegate) => `projects/-/serviceAccounts/${delegate}`),
    };
    const reply = await this.#call(undefined, host, IMPERSONATE, limits, (deadlineMs) =>
      client.generateAccessToken(request, { deadlineMs, signal: limits.signal, metadata: metadataOf(token, name) }),
    );
    return { type: "Bearer", value: reply.accessToken };
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
  }

  #client<S extends Parameters<typeof grpcOverHttp2>[0]>(host: string, service: S) {
    const known = this.#clients.get(host);
    if (known !== undefined) return known as ReturnType<typeof grpcOverHttp2<S>>;
    const { clock, dialer, caPem } = this.#options;
    const made = grpcOverHttp2(service, {
      clock,
      host,
      port: PORT,
      userAgent: `${DEFAULTS.userAgent}/mountproof`,
      ...(dialer !== undefined && { dialer }),
      ...(caPem !== undefined && { caPem }),
    });
    this.#clients.set(host, made);
    return made;
  }

  async #call<T>(
    kind: string | undefined,
    host: string,
    backoff: Backoff,
    { signal, budgetMs }: CallLimits,
    call: (deadlineMs: number) => Promise<T>,
  ): Promise<T> {
    const { clock, random, behaviour, onCall } = this.#options;
    const until = clock.now() + budgetMs;
    const end = (status: string): void => {
      if (kind !== undefined) onCall?.(kind, status, clock.now() - (until - budgetMs));
    };
    let most = backoff.firstMs;
    for (;;) {
      let failure: GrpcError;
      try {
        const reply = await call(Math.max(1, until - clock.now()));
        end("ok");
        return reply;
      } catch (error) {
        failure = explained(error, host);
      }
      const wait = most * (1 - random.next());
      const isRetried = backoff.codes.includes(failure.code) && !isStranger(failure) && !signal.aborted;
      const hasTime = clock.now() + wait < until;
      // Hardened, the pod is told why the store did not answer, and not just that time ran out.
      if (!isRetried || (behaviour === "hardened" && !hasTime)) {
        end(failure.codeName);
        throw failure;
      }
      most = Math.min(backoff.maxMs, most * backoff.factor);
      await waiting(clock, `${host} is asked again`, () =>
        clock.sleep(Math.min(wait, until - clock.now()), { signal }),
      ).catch(() => {});
      if (signal.aborted || !hasTime) {
        end("ok"); // as the real provider counts an error that is no gRPC status
        throw new Error("context deadline exceeded");
      }
    }
  }
}

function metadataOf({ type, value }: AccessToken, name: string): Record<string, string> {
  return { authorization: `${type} ${value}`, "x-goog-request-params": `name=${encodeURIComponent(name)}` };
}

/** A certificate of an authority nobody knows: Google's libraries do not ask again. */
function isStranger({ details }: GrpcError): boolean {
  return details.includes("x509: certificate signed by unknown authority");
}

/** In grpc-go's words, where no connection came about. */
function explained(error: unknown, host: string): GrpcError {
  if (!(error instanceof GrpcError)) return new GrpcError(GrpcStatus.UNKNOWN, messageOf(error), { cause: error });
  if (error.connected) return error;
  const { text, isCertificate } = networkFailure(error.cause, { host, port: PORT });
  const what = isCertificate
    ? `transport: authentication handshake failed: ${text}`
    : `transport: Error while dialing: ${text}`;
  return new GrpcError(error.code, `connection error: desc = ${JSON.stringify(what)}`, {
    connected: false,
    cause: error.cause,
  });
}

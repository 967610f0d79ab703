import { type Clock, seededRandom, silentLog, VirtualClock } from "../../../core/index.ts";
import { assemble } from "../core/assemble.ts";
import { ClusterAccess } from "../core/cluster-access.ts";
import type { VaultState } from "../core/state.ts";
import { type Dialect, VAULT } from "../dialect.ts";
import { dispatch } from "../http/dispatch.ts";

/** The epoch of the tests' clock. */
export const TEST_START = Date.UTC(2026, 10, 23, 22, 11, 52);

/** An answer's JSON, into which a test looks as deep as it likes: what is not there is undefined. */
export type Answered = { readonly [name: string]: Answered };

export type LocalAnswer = {
  readonly status: number;
  readonly text: string;
  readonly json: Answered;
  readonly headers: Readonly<Record<string, string>>;
};

export type LocalCall = {
  readonly body?: unknown;
  readonly token?: string | null;
  readonly namespace?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
};

/** A server without a socket: requests go straight to the dispatcher. */
export class LocalVault {
  readonly clock: VirtualClock;
  readonly state: VaultState;
  readonly rootToken: string;

  constructor(options: { readonly dialect?: Dialect; readonly cluster?: (clock: Clock) => ClusterAccess } = {}) {
    this.clock = new VirtualClock(TEST_START);
    const { state, rootToken } = assemble({
      clock: this.clock,
      random: seededRandom(1),
      log: silentLog,
      dialect: options.dialect ?? VAULT,
      cluster: options.cluster?.(this.clock) ?? new ClusterAccess(this.clock, undefined, {}),
      devMounts: true,
      rootToken: "root",
    });
    this.state = state;
    this.rootToken = rootToken;
  }

  /** With the root token unless another one, or null, is given. */
  async call(method: string, target: string, options: LocalCall = {}): Promise<LocalAnswer> {
    const [path = "", query = ""] = target.split("?");
    const token = options.token === undefined ? this.rootToken : options.token;
    const text = options.text ?? (options.body === undefined ? "" : JSON.stringify(options.body));
    const answer = await dispatch(
      this.state,
      {
        method,
        path: path.startsWith("/") ? path : `/v1/${path}`,
        query: new URLSearchParams(query),
        headers: {
          ...(token === null ? {} : { "x-vault-token": token }),
          ...(options.namespace === undefined ? {} : { "x-vault-namespace": options.namespace }),
          ...options.headers,
        },
        remoteAddress: "127.0.0.1",
        body: async () => Buffer.from(text),
      },
      target,
    );
    return {
      status: answer.status,
      text: answer.body,
      json: answer.body === "" ? undefined : JSON.parse(answer.body),
      headers: answer.headers ?? {},
    };
  }
}

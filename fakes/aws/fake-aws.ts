import { type Clock, type Random, Scope, systemRandom } from "../../core/index.ts";
import { type Dialer, FaultPlan, type HttpExchange, type HttpServerOptions, Journal } from "../../net/index.ts";
import { type RunningFakeServer, startFakeServer, toldControl } from "../kit/index.ts";
import { Account, type Caller } from "./account.ts";
import { AwsAdmin, seedFault } from "./admin.ts";
import { type Answer, type Asked, askedBy, dispatch, regionOf } from "./dispatch.ts";
import { IamState } from "./iam/state.ts";
import { AWS_OPERATIONS } from "./remote.ts";
import { seedAws } from "./seed.ts";
import type { AwsHandle } from "./served.ts";
import { SigningKeys } from "./signature.ts";
import { TokenCheck } from "./sts/token-check.ts";

export type FakeAwsSpec = {
  readonly clock: Clock;
  readonly random?: Random;
  readonly journal?: Journal;
  readonly listen?: HttpServerOptions["listen"];
  /** Plain HTTP without it, as the Pod Identity agent speaks; {@link RunningFakeAws.listenToo} adds the other. */
  readonly tls?: HttpServerOptions["tls"];
  /** Twelve digits. */
  readonly accountId?: string;
  /** The owner's keys; drawn when left out. */
  readonly ownerKey?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** How the address of a token's issuer becomes a connection. */
  readonly dialer?: Dialer;
  /** Whose certificate issuers must show that are registered without one; Node's own authorities when left out. */
  readonly issuerCaPem?: string;
  /** The control API on the fake's own port. */
  readonly control?: boolean;
};

export interface RunningFakeAws extends AwsHandle {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly accountId: string;
  readonly ownerKey: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly journal: Journal;
  /** Meets exchanges by `service/region/Operation`: `secretsmanager/eu-west-1/GetSecretValue`, `sts/*`; IAM and the agent have no region. */
  readonly faults: RunningFakeServer["faults"];
  /** As the account's owner and without a socket: for seeding and for steps. */
  readonly admin: AwsAdmin;
  /** Serves the same account on another address, behind TLS for example, with the same faults. */
  listenToo(
    listener: Pick<FakeAwsSpec, "listen" | "tls">,
  ): Promise<AsyncDisposable & { readonly host: string; readonly port: number }>;
}

const ACCOUNT = "111122223333";

/**
 * An AWS account in one process: Secrets Manager, Parameter Store, STS with web identities, the EKS Pod Identity agent
 * and IAM, over their public protocols. Requests must be signed, tokens are checked by their issuer's keys, and
 * policies are evaluated.
 *
 * @example
 * await using aws = await new FakeAws({ clock }).start();
 * aws.admin.secret("us-east-1", "my-app", { string: "x" });
 * const client = new SecretsManagerClient({ region: "us-east-1", endpoint: aws.url, credentials: aws.ownerKey });
 */
export class FakeAws {
  readonly #spec: FakeAwsSpec;

  constructor(spec: FakeAwsSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError `address_in_use` for a taken port, `environment` when it cannot listen otherwise */
  async start(): Promise<RunningFakeAws> {
    return await Scope.run("fake AWS", (scope) => startIn(this.#spec, scope));
  }
}

async function startIn(spec: FakeAwsSpec, scope: Scope): Promise<RunningFakeAws> {
  const { clock, random = systemRandom(), accountId = ACCOUNT } = spec;
  const journal = spec.journal ?? new Journal(clock);
  const account = new Account(accountId, clock, random, new IamState());
  const owner: Caller = { kind: "owner", arn: `arn:aws:iam::${accountId}:root`, userId: accountId };
  const ownerKey = spec.ownerKey ?? {
    accessKeyId: `AKIA${account.draw(16).toUpperCase()}`,
    secretAccessKey: account.draw(40),
  };
  account.addKey({ ...ownerKey, caller: owner });
  const admin = new AwsAdmin(account, owner);
  const keys = scope.use(new TokenCheck({ clock, ...(spec.dialer !== undefined && { dialer: spec.dialer }) }));
  const parts = {
    account,
    keys,
    signingKeys: new SigningKeys(),
    issuers: { keys, caPemOf: (url: string) => admin.caPemOf(url) ?? spec.issuerCaPem },
    cluster: () => admin.cluster,
  };

  const faults = new FaultPlan();
  const serve = async ({ listen, tls }: Pick<FakeAwsSpec, "listen" | "tls">): Promise<RunningFakeServer> => {
    const asked = new WeakMap<object, Asked>();
    const details = new WeakMap<object, Answer["detail"]>();
    const read = async (exchange: HttpExchange): Promise<Asked> => {
      const found = asked.get(exchange.raw.request) ?? (await askedBy(exchange));
      asked.set(exchange.raw.request, found);
      return found;
    };
    return await startFakeServer({
      clock,
      name: "fake/aws",
      journal,
      faults,
      ...(listen !== undefined && { listen }),
      ...(tls !== undefined && { tls }),
      ...(spec.control !== undefined && { control: spec.control }),
      seed: (seed) => asSeedFault(() => seedAws(admin, seed)),
      controls: {
        told: (body) => asSeedFault(async () => await toldControl(admin, AWS_OPERATIONS)["told"]?.(body)),
      },
      operationOf: async (exchange) => {
        const { service, operation } = await read(exchange);
        return [service, regionOf(exchange, service), operation].filter((part) => part !== "").join("/");
      },
      handler: async (exchange) => {
        const answer = await dispatch(await read(exchange), exchange, parts);
        details.set(exchange.raw.request, answer.detail);
        exchange.respond(answer.status, answer.headers, answer.body);
      },
      describe: (exchange) => details.get(exchange.raw.request) ?? {},
    });
  };
  const server = scope.use(await serve(spec));
  return {
    url: server.url,
    host: server.host,
    port: server.port,
    accountId,
    ownerKey,
    journal,
    faults,
    admin,
    settled: async () => {},
    listenToo: (listener) => serve(listener),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** What the account's own rules refuse is the fault of who said it. */
async function asSeedFault<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw seedFault(error);
  }
}

import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Clock, isMountproofError } from "../../../core/index.ts";
import { decodeJwt } from "../../../net/index.ts";
import { IAMCredentials } from "../../../wire/gen/google_iamcredentials_pb.ts";
import { type BoundService, type Handlers, type ServerCall, service } from "../../../wire/grpc/server.ts";
import { GrpcStatus } from "../../../wire/grpc/status.ts";
import type { Gate } from "../access.ts";
import type { Policies } from "../iam/policies.ts";
import { type Principal, serviceAccountPrincipal } from "../iam/principal.ts";
import { invalid, refusal } from "../status.ts";
import { ExchangeRefusal } from "./pools.ts";
import type { Tokens } from "./tokens.ts";

/** A Google service account, and the keys that its user made. */
export type Account = { readonly email: string; readonly keys: Map<string, KeyObject>; isDisabled: boolean };

const NAME = /^projects\/(-|[^/]+)\/serviceAccounts\/([^/]+)$/;
const MAX_LIFETIME_S = 3600;
const GET_TOKEN = "iam.serviceAccounts.getAccessToken";

/** Google service accounts: who may borrow them, and tokens for who holds a key. */
export class Accounts {
  readonly #byEmail = new Map<string, Account>();
  readonly #parts: { readonly clock: Clock; readonly tokens: Tokens; readonly policies: Policies; readonly gate: Gate };

  constructor(parts: {
    readonly clock: Clock;
    readonly tokens: Tokens;
    readonly policies: Policies;
    readonly gate: Gate;
  }) {
    this.#parts = parts;
  }

  add(email: string): Account {
    const known = this.#byEmail.get(email);
    if (known !== undefined) return known;
    const account: Account = { email, keys: new Map(), isDisabled: false };
    this.#byEmail.set(email, account);
    return account;
  }

  find(email: string): Account | undefined {
    return this.#byEmail.get(email);
  }

  /** @param publicKeyPem the half that Google keeps */
  addKey(email: string, id: string, publicKeyPem: string): void {
    this.add(email).keys.set(id, createPublicKey(publicKeyPem));
  }

  delete(email: string): void {
    this.#byEmail.delete(email);
  }

  service(): BoundService {
    const handlers: Handlers<typeof IAMCredentials> = {
      generateAccessToken: (request, call) => {
        const { clock, tokens } = this.#parts;
        if (request.scope.length === 0) throw invalid("Scope required.");
        const seconds = request.lifetime === undefined ? MAX_LIFETIME_S : Number(request.lifetime.seconds);
        if (seconds <= 0 || seconds > MAX_LIFETIME_S)
          throw invalid(`The access token lifetime cannot exceed ${MAX_LIFETIME_S} seconds.`);
        const principal = this.#lend(emailOf(request.name), request.delegates.map(emailOf), call);
        return {
          accessToken: tokens.issue(principal, seconds * 1000),
          expireTime: timestampFromMs(clock.now() + seconds * 1000),
        };
      },
    };
    return service(IAMCredentials, handlers);
  }

  /**
   * A token for who signed with an account's key (RFC 7523).
   * @throws ExchangeRefusal
   */
  redeem(assertion: string): {
    readonly access_token: string;
    readonly expires_in: number;
    readonly token_type: string;
  } {
    const { clock, tokens } = this.#parts;
    const refuse = (why: string): ExchangeRefusal => new ExchangeRefusal("invalid_grant", why);
    let jwt: ReturnType<typeof decodeJwt>;
    try {
      jwt = decodeJwt(assertion);
    } catch (error) {
      if (!isMountproofError(error)) throw error;
      throw refuse("Invalid JWT: Failed to parse.");
    }
    const account = this.#byEmail.get(String(jwt.claims["iss"] ?? ""));
    if (account === undefined) throw refuse("Invalid grant: account not found");
    const key = account.keys.get(jwt.header.kid ?? "");
    const at = assertion.lastIndexOf(".");
    const signature = Buffer.from(assertion.slice(at + 1), "base64url");
    if (key === undefined || !verify("sha256", Buffer.from(assertion.slice(0, at)), key, signature))
      throw refuse("Invalid JWT Signature.");
    const now = clock.now() / 1000;
    const until = Number(jwt.claims["exp"] ?? 0);
    if (until <= now || Number(jwt.claims["iat"] ?? 0) > now + 300)
      throw refuse("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.");
    return {
      access_token: tokens.issue(serviceAccountPrincipal(account.email), MAX_LIFETIME_S * 1000),
      expires_in: MAX_LIFETIME_S,
      token_type: "Bearer",
    };
  }

  /** Each of the chain must be allowed to lend the next; the last lends itself. */
  #lend(email: string, delegates: readonly string[], call: ServerCall): Principal {
    const { gate, policies } = this.#parts;
    let borrower = gate.caller(call);
    for (const [index, lender] of [...delegates, email].entries()) {
      const isLast = index === delegates.length;
      const permission = isLast ? GET_TOKEN : "iam.serviceAccounts.implicitDelegation";
      const project = /@([^.]+)\.iam\.gserviceaccount\.com$/.exec(lender)?.[1] ?? "";
      const account = this.#byEmail.get(lender);
      const isAllowed =
        account !== undefined &&
        policies.allows(borrower, {
          permission,
          policiesOf: [`serviceAccounts/${lender}`, `projects/${project}`],
          resource: {
            name: `projects/-/serviceAccounts/${lender}`,
            type: "iam.googleapis.com/ServiceAccount",
            service: "iam.googleapis.com",
          },
        });
      if (!isAllowed)
        throw refusal(
          GrpcStatus.PERMISSION_DENIED,
          `Permission '${permission}' denied on resource (or it may not exist).`,
          { reason: "IAM_PERMISSION_DENIED", domain: "iam.googleapis.com", metadata: { permission } },
        );
      if (account.isDisabled) throw refusal(GrpcStatus.PERMISSION_DENIED, `Service account ${lender} is disabled.`);
      borrower = serviceAccountPrincipal(lender);
    }
    return borrower;
  }
}

function emailOf(name: string): string {
  const email = NAME.exec(name)?.[2];
  if (email === undefined)
    throw invalid("Invalid form of account ID: it should be projects/-/serviceAccounts/{email}.");
  return email;
}

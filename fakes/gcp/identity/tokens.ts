import type { Clock, Random } from "../../../core/index.ts";
import type { Principal } from "../iam/principal.ts";
import { unauthenticated } from "../status.ts";

type Issued = { readonly principal: Principal; readonly expiresAt: number };

/** Access tokens that were given out. They say nothing of themselves: what they stand for is looked up. */
export class Tokens {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #issued = new Map<string, Issued>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @param ms how long it is good for */
  issue(
    principal: Principal,
    ms: number,
    token: string = `ya29.${this.#random.uuid()}${this.#random.suffix(32)}`,
  ): string {
    const now = this.#clock.now();
    if (this.#issued.size > 10_000)
      for (const [known, { expiresAt }] of this.#issued) if (expiresAt <= now) this.#issued.delete(known);
    this.#issued.set(token, { principal, expiresAt: now + ms });
    return token;
  }

  /** @throws GrpcError UNAUTHENTICATED */
  principalOf(authorization: string | undefined): Principal {
    if (authorization === undefined || authorization === "") throw unauthenticated("CREDENTIALS_MISSING");
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? "";
    const issued = this.#issued.get(token);
    if (issued === undefined) throw unauthenticated("ACCESS_TOKEN_INVALID");
    if (issued.expiresAt <= this.#clock.now()) throw unauthenticated("ACCESS_TOKEN_EXPIRED");
    return issued.principal;
  }

  /** All that were given out are worth nothing from here on. */
  revokeAll(): void {
    this.#issued.clear();
  }
}

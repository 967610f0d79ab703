import type { HttpExchange } from "../../../net/index.ts";
import type { Accounts } from "../identity/accounts.ts";
import { type ExchangeParts, exchange as exchangeToken } from "../identity/exchange.ts";
import { ExchangeRefusal } from "../identity/pools.ts";

const EXCHANGES = new Set(["/v1/token", "/v1/identitybindingtoken"]);
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** The token services: the exchange of GKE and of federation, and the endpoint for service account keys. */
export class OAuth {
  readonly #parts: ExchangeParts;
  readonly #accounts: Accounts;

  constructor(parts: ExchangeParts, accounts: Accounts) {
    this.#parts = parts;
    this.#accounts = accounts;
  }

  /** @returns false for a path that is none of theirs */
  async answer(exchange: HttpExchange): Promise<boolean> {
    const isExchange = EXCHANGES.has(exchange.path);
    if (!isExchange && exchange.path !== "/token") return false;
    if (exchange.method !== "POST") {
      exchange.respond(405, { "content-type": "text/html; charset=UTF-8", allow: "POST" }, "<p><b>405.</b>\n");
      return true;
    }
    try {
      const form = await formOf(exchange);
      if (isExchange) exchange.json(200, await exchangeToken(this.#parts, form));
      else if (form["grant_type"] === JWT_BEARER) exchange.json(200, this.#accounts.redeem(form["assertion"] ?? ""));
      else throw new ExchangeRefusal("unsupported_grant_type", `Invalid grant_type: ${form["grant_type"] ?? ""}`);
    } catch (error) {
      if (!(error instanceof ExchangeRefusal)) throw error;
      exchange.json(error.status, { error: error.error, error_description: error.message });
    }
    return true;
  }
}

/** A form or JSON, whose names may be in either case style. */
async function formOf(exchange: HttpExchange): Promise<Readonly<Record<string, string>>> {
  const text = (await exchange.body()).toString("utf8");
  const type = exchange.headers["content-type"] ?? "";
  if (type.startsWith("application/x-www-form-urlencoded")) return Object.fromEntries(new URLSearchParams(text));
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        String(entry),
      ]),
    );
  } catch {
    throw new ExchangeRefusal("invalid_request", "The request body cannot be read.");
  }
}

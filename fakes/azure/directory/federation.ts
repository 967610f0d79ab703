import { type Clock, minutes } from "../../../core/index.ts";
import { decodeJwt, type JwtClaims, type JwtHeader } from "../../../net/index.ts";
import { IssuerError, type IssuerKeys } from "../../kit/index.ts";
import type { Identity } from "./directory.ts";
import { refusals } from "./refusal.ts";

/** How far clocks may differ. */
const SKEW_MS = minutes(5);

/**
 * Lets an assertion stand for an identity when one of its federated credentials matches issuer, subject and audience,
 * the issuer really signed it, and it is of now.
 * @throws EntraRefusal naming what did not match
 */
export async function verifyAssertion(
  assertion: string,
  identity: Identity,
  parts: { readonly clock: Clock; readonly issuers: IssuerKeys },
): Promise<void> {
  let decoded: { readonly header: JwtHeader; readonly claims: JwtClaims };
  try {
    decoded = decodeJwt(assertion);
  } catch {
    throw refusals.malformedAssertion();
  }
  const { header, claims } = decoded;
  const issuer = String(claims["iss"] ?? "");
  const subject = String(claims["sub"] ?? "");
  const audiences = [claims["aud"] ?? []].flat().map(String);
  const byIssuer = identity.federatedCredentials.filter((credential) => credential.issuer === issuer);
  if (byIssuer.length === 0) throw refusals.noMatch("issuer", issuer);
  const bySubject = byIssuer.filter((credential) => credential.subject === subject);
  if (bySubject.length === 0) throw refusals.noMatch("subject", subject);
  if (!bySubject.some((credential) => credential.audiences.some((audience) => audiences.includes(audience))))
    throw refusals.noMatch("audience", audiences.join(" "));
  try {
    await parts.issuers.verify(issuer, assertion, header.kid);
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    if (error.kind === "unreachable") throw refusals.unreachableIssuer(issuer);
    throw refusals.badSignature(
      error.kind === "unknown_key"
        ? `The key was not found., Key id of key used by client: '${header.kid}'`
        : "The provided signature value did not match the expected signature value.",
    );
  }
  const now = parts.clock.now();
  const from = Number(claims["nbf"] ?? claims["iat"] ?? 0) * 1000;
  const until = Number(claims["exp"] ?? 0) * 1000;
  if (now + SKEW_MS < from || now - SKEW_MS > until) throw refusals.outOfTime(now, from, until);
}

/** What a vault's answer without a token says about where to get one. */
export type Challenge =
  | { readonly kind: "none" }
  /** The real provider's process dies of this one. */
  | { readonly kind: "crash"; readonly why: string }
  | { readonly kind: "scope"; readonly scope: string };

const MISMATCH =
  "Set DisableChallengeResourceVerification to true in your client options to disable. See https://aka.ms/azsdk/blog/vault-uri for more information";

/**
 * Reads `WWW-Authenticate: Bearer authorization="…", resource="…"` as the Key Vault clients do: by blanks, then by the
 * equals sign, a part with two of them dropped.
 * @throws Error when it names no resource, or one of another domain: the token is not for everybody
 */
export function readChallenge(header: string | string[] | undefined, url: string): Challenge {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined || text === "") return { kind: "none" };
  const values = new Map<string, string>();
  for (const part of text.replaceAll("Bearer ", "").split(" ")) {
    const [name, value, ...more] = part.split("=");
    if (name !== undefined && value !== undefined && more.length === 0)
      values.set(name, value.replaceAll('"', "").replace(/,$/, ""));
  }
  const authorization = values.get("authorization") ?? "";
  if (authorization !== "" && authorization.split("/").length < 4)
    return { kind: "crash", why: "runtime error: index out of range [3]: the challenge's authorization has no tenant" };
  const resource = values.get("scope") ?? values.get("resource") ?? "";
  if (resource === "") throw new Error("could not find a valid resource in the WWW-Authenticate header");
  const host = URL.canParse(resource) ? new URL(resource).host : "";
  if (!new URL(url).host.endsWith(`.${host}`))
    throw new Error(`challenge resource ${JSON.stringify(resource)} doesn't match the requested domain. ${MISMATCH}`);
  return { kind: "scope", scope: resource.endsWith("/.default") ? resource : `${resource}/.default` };
}

/** The claims of a continuous-access challenge, decoded; undefined for any other answer. */
export function readClaims(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined || !/error="insufficient_claims"/.test(text)) return undefined;
  const encoded = /claims="([^"]*)"/.exec(text)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}

import { type AccessKey, type Account, contextOf } from "../account.ts";
import { AwsRefusal } from "../errors.ts";
import { isoTime } from "../iam/fields.ts";
import type { OidcProvider } from "../iam/state.ts";
import { trusts } from "../policy/evaluate.ts";
import type { Xml } from "../xml.ts";
import { audiencesOf, type TokenCheck, type TokenFault, TokenRefused } from "./token-check.ts";

const ACTION = "sts:AssumeRoleWithWebIdentity";
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const SHORTEST_SECONDS = 900;

/** What the account was told of issuers besides their addresses: whose certificate to expect, for issuers of a run. */
export type IssuerTrust = { readonly keys: TokenCheck; readonly caPemOf: (url: string) => string | undefined };

/**
 * Exchanges a ServiceAccount token for the keys of a role: the issuer must be registered, the token signed by it, meant
 * for one of its client ids and in date, and the role's trust policy must name issuer, subject and audience.
 * @throws AwsRefusal as STS refuses
 */
export async function assumeRoleWithWebIdentity(
  form: URLSearchParams,
  account: Account,
  trust: IssuerTrust,
): Promise<{ readonly result: Xml; readonly key: AccessKey }> {
  const roleArn = form.get("RoleArn") ?? "";
  const sessionName = form.get("RoleSessionName") ?? "";
  const token = form.get("WebIdentityToken") ?? "";
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(roleArn)) throw invalid(`${roleArn} is invalid`);
  if (!SESSION_NAME.test(sessionName))
    throw invalid(
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  if (token.length < 4)
    throw invalid(
      "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4",
    );
  const { provider, claims } = await identify(token, account, trust);
  const subject = String(claims["sub"] ?? "");
  const role = account.iam.roleByArn(roleArn);
  const host = provider.url.replace("https://", "");
  const context = contextOf({
    [`${host}:sub`]: subject,
    [`${host}:aud`]: audiencesOf(claims),
    [`${host}:iss`]: provider.url,
  });
  const isTrusted =
    role !== undefined &&
    trusts(role.trust.statements, { action: ACTION, principal: { kind: "Federated", name: provider.arn }, context });
  // Whether there is such a role is nobody's business who may not have it.
  if (!isTrusted) throw new AwsRefusal("AccessDenied", `Not authorized to perform ${ACTION}`, 403);
  const seconds = Number(form.get("DurationSeconds") ?? 3600);
  if (!Number.isInteger(seconds) || seconds < SHORTEST_SECONDS || seconds > role.maxSessionSeconds)
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  const key = account.assume(role, sessionName, { seconds });
  return {
    key,
    result: {
      Audience: audiencesOf(claims)[0] ?? "",
      AssumedRoleUser: { AssumedRoleId: key.caller.userId, Arn: key.caller.arn },
      Provider: provider.arn,
      Credentials: shownKey(key),
      SubjectFromWebIdentityToken: subject,
    },
  };
}

export function shownKey({ accessKeyId, secretAccessKey, sessionToken, expires }: AccessKey): Xml {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken ?? "",
    Expiration: isoTime(expires ?? 0),
  };
}

async function identify(token: string, account: Account, { keys, caPemOf }: IssuerTrust) {
  const providers = [...account.iam.providers.values()];
  const trusted = providers.map(({ url }) => {
    const caPem = caPemOf(url);
    return { url, ...(caPem !== undefined && { caPem }) };
  });
  try {
    const { claims, issuer } = await keys.check(token, trusted);
    const provider = providers.find(({ url }) => url === issuer.url) as OidcProvider;
    if (!audiencesOf(claims).some((audience) => provider.clientIds.has(audience)))
      throw new AwsRefusal("InvalidIdentityToken", "Incorrect token audience");
    return { provider, claims };
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    throw refusalOf(error, account);
  }
}

const WORDS: Readonly<Record<TokenFault, string>> = {
  "not-a-jwt": "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
  "unknown-issuer": "",
  "keys-unavailable":
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  "unknown-key":
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  "bad-signature":
    "The web identity token that was passed could not be validated by AWS. Get a new identity token from the identity provider and then retry the request.",
  expired: "",
  "not-yet-valid": "The web identity token that was passed is not yet valid.",
  "wrong-audience": "Incorrect token audience",
};

function refusalOf({ fault, claims }: TokenRefused, account: Account): AwsRefusal {
  if (fault === "unknown-issuer")
    return new AwsRefusal(
      "InvalidIdentityToken",
      `No OpenIDConnect provider found in your account for ${String(claims["iss"] ?? "")}`,
    );
  if (fault === "expired")
    return new AwsRefusal(
      "ExpiredTokenException",
      `Token expired: current date/time ${Math.floor(account.clock.now() / 1000)} must be before the expiration date/time ${String(claims["exp"] ?? 0)}`,
    );
  return new AwsRefusal("InvalidIdentityToken", WORDS[fault]);
}

function invalid(message: string): AwsRefusal {
  return new AwsRefusal("ValidationError", message);
}

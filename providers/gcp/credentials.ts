import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { goJsonError } from "../../core/go/index.ts";
import { type Clock, messageOf } from "../../core/index.ts";
import { type HttpClient, signJwt } from "../../net/index.ts";
import { networkFailure } from "../kit/index.ts";
import { type AccessToken, readToken } from "./exchange.ts";
import type { Metadata } from "./metadata.ts";
import { DEFAULTS, type GcpProviderSpec, variable } from "./spec.ts";

/** Gets a token when the first call needs it. */
export type TokenSource = (signal: AbortSignal) => Promise<AccessToken>;

type Parts = { readonly clock: Clock; readonly http: HttpClient };
type Credentials = Readonly<Record<string, string | undefined>>;

const JWT_SECONDS = 3600;
const OAUTH_TOKEN = "https://oauth2.googleapis.com/token";

/**
 * The source that a Google credential stands for: a service account's key, or a user's refresh token.
 * @throws Error in the words of Google's Go library for text that is no credential
 */
export function credentialSource(json: string, parts: Parts): TokenSource {
  const problem = goJsonError(json);
  if (problem !== undefined) throw new Error(problem);
  const credentials = (JSON.parse(json) ?? {}) as Credentials;
  switch (credentials["type"] ?? "") {
    case "":
      throw new Error("missing 'type' field in credentials");
    case "service_account": {
      const key = keyOf(credentials["private_key"] ?? "");
      return async (signal) =>
        await post(parts, credentials["token_uri"] || OAUTH_TOKEN, assertion(credentials, key, parts.clock), signal);
    }
    case "authorized_user":
      return async (signal) =>
        await post(
          parts,
          credentials["token_uri"] || OAUTH_TOKEN,
          {
            client_id: credentials["client_id"] ?? "",
            client_secret: credentials["client_secret"] ?? "",
            grant_type: "refresh_token",
            refresh_token: credentials["refresh_token"] ?? "",
          },
          signal,
        );
    default:
      throw new Error(`unknown credential type: ${JSON.stringify(credentials["type"])}`);
  }
}

/**
 * The provider's own credentials, in the order of Google's libraries: the file the environment names, gcloud's file,
 * the metadata server.
 * @throws Error `google: could not find default credentials. …`
 */
export async function defaultSource(
  spec: GcpProviderSpec,
  metadata: Metadata,
  parts: Parts,
  signal: AbortSignal,
): Promise<TokenSource> {
  const read = (path: string): Promise<string> =>
    parts.clock.activity.track("reads credentials", () => readFile(path, "utf8"));
  const named = variable(spec, "GOOGLE_APPLICATION_CREDENTIALS");
  if (named !== "") {
    try {
      return credentialSource(await read(named), parts);
    } catch (error) {
      throw new Error(
        `google: error getting credentials using GOOGLE_APPLICATION_CREDENTIALS environment variable: ${messageOf(error)}`,
      );
    }
  }
  const home = variable(spec, "HOME");
  const wellKnown = join(home, ".config", "gcloud", "application_default_credentials.json");
  const text = home === "" ? undefined : await read(wellKnown).catch(() => undefined);
  if (text !== undefined) return credentialSource(text, parts);
  if (!(await metadata.isThere(signal)))
    throw new Error(
      "google: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc for more information",
    );
  // Google's library looks whose project it is; that it cannot be told matters to nobody.
  await metadata.projectId(signal).catch(() => {});
  const path = `instance/service-accounts/default/token?scopes=${encodeURIComponent(DEFAULTS.scope)}`;
  return async (call) => readToken(await metadata.get(path, call));
}

function keyOf(pem: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error("private key should be a PEM or plain PKCS1 or PKCS8; parse error: asn1: structure error");
  }
}

function assertion(
  credentials: Credentials,
  privateKey: ReturnType<typeof createPrivateKey>,
  clock: Clock,
): Record<string, string> {
  const now = Math.floor(clock.now() / 1000);
  const jwt = signJwt(
    {
      iss: credentials["client_email"] ?? "",
      scope: DEFAULTS.scope,
      aud: credentials["token_uri"] || OAUTH_TOKEN,
      iat: now,
      exp: now + JWT_SECONDS,
    },
    { kid: credentials["private_key_id"] ?? "", privateKey },
  );
  return { assertion: jwt, grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer" };
}

async function post(
  { http }: Parts,
  url: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AccessToken> {
  let status: number;
  let text: string;
  try {
    const response = await http.request({
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form).toString(),
      signal,
    });
    status = response.status;
    text = response.body.toString("utf8");
  } catch (error) {
    if (signal.aborted) throw error;
    const { hostname, port, protocol } = new URL(url);
    const target = { host: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) };
    throw new Error(`oauth2: cannot fetch token: Post ${JSON.stringify(url)}: ${networkFailure(error, target).text}`);
  }
  if (status < 200 || status > 299) throw new Error(`oauth2: cannot fetch token: ${status}\nResponse: ${text}`);
  return readToken(text);
}

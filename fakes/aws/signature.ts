import { createHmac, createSecretKey, type KeyObject, hash as oneHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { AwsRefusal } from "./errors.ts";

/** What an Authorization header says (Signature Version 4). */
export type Signature = {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
};

const ALGORITHM = "AWS4-HMAC-SHA256";
const HEADER =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;
/** How far a request's date may be from the server's. */
const SKEW_MS = 5 * 60_000;
const MOST_KEYS = 1000;

/** Undefined for a request that is not signed. @throws AwsRefusal for a header that is no signature */
export function readSignature(headers: IncomingHttpHeaders): Signature | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const match = HEADER.exec(authorization);
  if (match === null)
    throw new AwsRefusal(
      "IncompleteSignatureException",
      "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters, signed with AWS4-HMAC-SHA256.",
    );
  const [, accessKeyId = "", date = "", region = "", service = "", signedHeaders = "", signature = ""] = match;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

export type SignedRequest = {
  readonly method: string;
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** Keys derived for a day, region and service, one for each that was asked for lately. */
export class SigningKeys {
  readonly #keys = new Map<string, KeyObject>();

  /** Four digests that every request of the day has in common. */
  derive(secret: string, { date, region, service }: Signature): KeyObject {
    const scope = [secret, date, region, service].join("\n");
    const known = this.#keys.get(scope);
    if (known !== undefined) return known;
    const bytes = [date, region, service, "aws4_request"].reduce<Buffer | string>(hmac, `AWS4${secret}`) as Buffer;
    // As a key of Node's own: of bytes it would find out anew at each digest that they are none.
    const key = createSecretKey(bytes);
    if (this.#keys.size === MOST_KEYS) this.#keys.clear();
    this.#keys.set(scope, key);
    return key;
  }
}

/**
 * Checks the date and the signature itself.
 * @throws AwsRefusal `InvalidSignatureException`
 */
export function verifySignature(
  request: SignedRequest,
  signature: Signature,
  secret: string,
  { now, keys }: { readonly now: number; readonly keys: SigningKeys },
): void {
  const { headers } = request;
  const amzDate = String(headers["x-amz-date"] ?? "");
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? [];
  if (year === undefined || !amzDate.startsWith(signature.date))
    throw invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP");
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (at < now - SKEW_MS)
    throw invalid(`Signature expired: ${amzDate} is now earlier than ${stamp(now - SKEW_MS)} (${stamp(now)} - 5 min.)`);
  if (at > now + SKEW_MS)
    throw invalid(
      `Signature not yet current: ${amzDate} is still later than ${stamp(now + SKEW_MS)} (${stamp(now)} + 5 min.)`,
    );
  for (const name of ["host", "x-amz-date"])
    if (!signature.signedHeaders.includes(name)) throw invalid(`'${name}' must be a signed header`);
  const expected = Buffer.from(sign(request, signature, keys.derive(secret, signature), amzDate));
  const given = Buffer.from(signature.signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given))
    throw invalid(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
}

function sign(request: SignedRequest, signature: Signature, key: KeyObject, amzDate: string): string {
  const { date, region, service } = signature;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, amzDate, scope, hash(canonicalRequest(request, signature))].join("\n");
  return createHmac("sha256", key).update(toSign).digest("hex");
}

function canonicalRequest(
  { method, rawPath, query, headers, body }: SignedRequest,
  { signedHeaders }: Signature,
): string {
  const pairs = [...query].map(([name, value]) => [encode(name), encode(value)] as const);
  const canonicalQuery = pairs
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const lines = signedHeaders.map((name) => {
    const value = headers[name];
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    return `${name}:${text.trim().replace(/\s+/g, " ")}\n`;
  });
  const path = rawPath
    .split("/")
    .map((part) => encode(part))
    .join("/");
  return [method, path, canonicalQuery, lines.join(""), signedHeaders.join(";"), hash(body)].join("\n");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hash(data: string | Buffer): string {
  return oneHash("sha256", data, "hex");
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function invalid(message: string): AwsRefusal {
  return new AwsRefusal("InvalidSignatureException", message);
}

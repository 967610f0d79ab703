import { isIP } from "node:net";
import { isMountproofError } from "../../core/index.ts";

/** Certificates that no trusted CA issued. */
const UNKNOWN_AUTHORITY = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

export type NetworkFailure = {
  /** As Go's net/http prints it behind `Get "url": `. */
  readonly text: string;
  /** A certificate that does not check out: asking again would change nothing. */
  readonly isCertificate: boolean;
  readonly isTimeout: boolean;
};

/** Why a request got no answer, in the words of Go's net, tls and x509 packages. */
export function networkFailure(
  error: unknown,
  target: { readonly host: string; readonly port: number; readonly path?: string },
): NetworkFailure {
  if (isMountproofError(error) && error.code === "timeout")
    return { text: "context deadline exceeded", isCertificate: false, isTimeout: true };
  const plain = (text: string): NetworkFailure => ({ text, isCertificate: false, isTimeout: false });
  const certificate = (text: string): NetworkFailure => ({
    text: `tls: failed to verify certificate: x509: ${text}`,
    isCertificate: true,
    isTimeout: false,
  });
  const root = rootOf(error);
  const { code, message } = root;
  const place = target.path === undefined ? `tcp ${target.host}:${target.port}` : `unix ${target.path}`;
  if (code === "ECONNREFUSED") return plain(`dial ${place}: connect: connection refused`);
  if (code === "ENOENT") return plain(`dial ${place}: connect: no such file or directory`);
  if (UNKNOWN_AUTHORITY.has(code)) return certificate("certificate signed by unknown authority");
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return certificate("certificate has expired or is not yet valid");
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return certificate(wrongName(root));
  const lookup = /lookup (\S+): no such host/.exec(message);
  if (lookup !== null) return plain(`dial tcp: lookup ${lookup[1]}: no such host`);
  return plain("EOF");
}

/** What Node says of a certificate that bears another name. */
type Root = {
  readonly code: string;
  readonly message: string;
  /** The name that was looked for. */
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
};

/** As Go's x509.HostnameError: it names what the certificate is valid for, of the kind that was looked for. */
function wrongName({ host = "", cert }: Root): string {
  const names = (cert?.subjectaltname ?? "").split(", ");
  const kind = isIP(host) > 0 ? "IP Address:" : "DNS:";
  const valid = names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  if (valid.length > 0) return `certificate is valid for ${valid.join(", ")}, not ${host}`;
  return isIP(host) > 0
    ? `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : `certificate is not valid for any names, but wanted to match ${host}`;
}

/** The error at the bottom of a chain of causes that carries a code. */
function rootOf(error: unknown): Root {
  let found: Root = { code: "", message: error instanceof Error ? error.message : String(error) };
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code, host, cert } = at as Error & Partial<Root>;
    if (/no such host/.test(at.message)) return { code: "", message: at.message };
    if (typeof code === "string" && !isMountproofError(at))
      found = { code, message: at.message, ...(host !== undefined && { host }), ...(cert !== undefined && { cert }) };
  }
  return found;
}

/**
 * A refusal as Vault's HTTP API gives it. Vault tells an error value from an error response: on an
 * authenticated request the former is printed as a Go multierror (`1 error occurred: …`), the latter as it is.
 */
export class VaultError extends Error {
  override readonly name = "VaultError";
  readonly status: number;
  /** The entries of `errors`; none gives `{"errors":[]}`. */
  readonly errors: readonly string[];
  /** An error value: printed as a multierror unless the request was a login. */
  readonly isErrorValue: boolean;
  /** Why, where the caller is not told: for the log and the journal, never for the wire. */
  readonly reason: string | undefined;

  constructor(status: number, errors: readonly string[], isErrorValue = false, reason?: string) {
    super(errors.join("; ") || `status ${status}`);
    this.status = status;
    this.errors = errors;
    this.isErrorValue = isErrorValue;
    this.reason = reason;
  }

  /** What the body lists. */
  body(isLogin: boolean): readonly string[] {
    return this.isErrorValue && !isLogin ? this.errors.map((text) => multierror([text])) : this.errors;
  }
}

/** An error response: its text is printed as it is. */
export function refuse(message: string, status = 400): VaultError {
  return new VaultError(status, [message]);
}

/** An error value: printed as a multierror on authenticated requests. 500 unless the error says otherwise. */
export function fail(message: string, status = 500): VaultError {
  return new VaultError(status, [message], true);
}

/** A status without a text: `{"errors":[]}`. */
export function bare(status: number): VaultError {
  return new VaultError(status, []);
}

/** Refused before a policy was looked at: no token, an unknown one, an expired one. */
export function permissionDenied(reason?: string): VaultError {
  return new VaultError(403, ["permission denied"], false, reason);
}

/** Refused by policy. */
export function deniedByPolicy(): VaultError {
  return fail("permission denied", 403);
}

export function unsupportedPath(): VaultError {
  return fail("unsupported path", 404);
}

export function unsupportedOperation(): VaultError {
  return fail("unsupported operation", 405);
}

/** Several errors as hashicorp/go-multierror prints them. */
export function multierror(messages: readonly string[]): string {
  const head = messages.length === 1 ? "1 error occurred" : `${messages.length} errors occurred`;
  return `${head}:\n${messages.map((message) => `\t* ${message}\n`).join("")}\n`;
}

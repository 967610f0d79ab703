/**
 * The one error class of the house (design, rule 3).
 *
 * A code from a closed set, a message that names what was expected and what came, a hint that says
 * what to do next, and the culprit. `cause` is kept for the person who debugs and never crosses a wire.
 */

/** Every code an error of this project can carry. Grows only with a line in the changelog. */
export const ERROR_CODES = [
  "invalid_argument",
  "invalid_config",
  "unsupported",
  "not_found",
  "already_exists",
  "conflict",
  "unauthenticated",
  "permission_denied",
  "unavailable",
  "timeout",
  "cancelled",
  "resource_exhausted",
  "address_in_use",
  "provider_not_found",
  "provider_invalid_name",
  "provider_failed",
  "payload_invalid",
  "payload_write_failed",
  "mount_failed",
  "api_status",
  "store_status",
  "subject_failed",
  "environment",
  "internal",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export type Culprit = Readonly<Record<string, string | number | undefined>>;

export type MountproofErrorOptions = {
  /** Lower case, no full stop, names in double quotes, never a secret value. */
  readonly message: string;
  /** What the reader can do next. */
  readonly hint?: string;
  /** Who is to blame, by kind: `{ secretProviderClass: "production/vault-secrets" }`. */
  readonly culprit?: Culprit;
  readonly cause?: unknown;
};

export class MountproofError extends Error {
  override readonly name = "MountproofError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly culprit: Culprit;

  constructor(code: ErrorCode, options: MountproofErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.culprit = options.culprit ?? {};
  }

  /** One line for a terminal: message, culprit, hint. */
  describe(): string {
    const culprit = Object.entries(this.culprit)
      .filter(([, value]) => value !== undefined)
      .map(([kind, value]) => `${kind}=${value}`)
      .join(" ");
    const what = [this.message, culprit && `(${culprit})`].filter(Boolean).join(" ");
    return this.hint === undefined ? what : `${what}\n  hint: ${this.hint}`;
  }
}

/** True when `error` is ours and carries one of `codes` (any code when none is given). */
export function isMountproofError(error: unknown, ...codes: ErrorCode[]): error is MountproofError {
  return error instanceof MountproofError && (codes.length === 0 || codes.includes(error.code));
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a call to AWS failed, in the words of the AWS SDK for Go, and what follows from it. */
export class AwsFailure extends Error {
  override readonly name = "AwsFailure";
  /** A fault of the caller that the operation's model knows: the real provider asks no other region after it. */
  readonly isFatal: boolean;
  /** The SDK would ask again. */
  readonly isRetryable: boolean;

  constructor(message: string, kind: { readonly isFatal?: boolean; readonly isRetryable?: boolean } = {}) {
    super(message);
    this.isFatal = kind.isFatal ?? false;
    this.isRetryable = kind.isRetryable ?? false;
  }

  /** The same failure behind more words. */
  behind(prefix: string, change: { readonly isRetryable?: boolean } = {}): AwsFailure {
    return new AwsFailure(`${prefix}${this.message}`, {
      isFatal: this.isFatal,
      isRetryable: this.isRetryable,
      ...change,
    });
  }
}

/** Faults of the caller that each operation's model names; what it does not name counts for no fault at all. */
const CALLER_FAULTS: Readonly<Record<string, readonly string[]>> = {
  GetSecretValue: [
    "DecryptionFailure",
    "InvalidParameterException",
    "InvalidRequestException",
    "ResourceNotFoundException",
  ],
  DescribeSecret: ["InvalidParameterException", "ResourceNotFoundException"],
  GetParameters: ["InvalidKeyId"],
  AssumeRoleWithWebIdentity: [
    "ExpiredTokenException",
    "IDPCommunicationError",
    "IDPRejectedClaim",
    "InvalidIdentityToken",
    "MalformedPolicyDocument",
    "PackedPolicyTooLarge",
    "RegionDisabledException",
  ],
};

/** Faults of the service that the models name. */
const SERVICE_FAULTS = new Set(["InternalServiceError", "InternalServerError"]);

const RETRIED_STATUS = new Set([500, 502, 503, 504]);

/** Codes for "too much at once" and "too slow" that the SDK asks again after. */
const RETRIED_CODES = new Set([
  "BandwidthLimitExceeded",
  "EC2ThrottledException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "RequestTimeout",
  "RequestTimeoutException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "TransactionInProgressException",
]);

export function isRetried(status: number, code: string): boolean {
  return RETRIED_STATUS.has(status) || RETRIED_CODES.has(code);
}

/** An answer other than a good one, as the SDK prints it behind the operation's name. */
export function answerFailure(
  operation: string,
  answer: { readonly status: number; readonly requestId: string; readonly code: string; readonly message: string },
): AwsFailure {
  const { status, requestId, code, message } = answer;
  const isFatal = CALLER_FAULTS[operation]?.includes(code) === true;
  const isModelled = isFatal || SERVICE_FAULTS.has(code);
  return new AwsFailure(
    `https response error StatusCode: ${status}, RequestID: ${requestId}, ${isModelled ? "" : "api error "}${code}: ${message}`,
    { isFatal, isRetryable: isRetried(status, code) },
  );
}

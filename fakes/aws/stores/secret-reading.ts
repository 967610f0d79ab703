import { AwsRefusal, invalidParameter } from "../errors.ts";
import { pageOf } from "./pages.ts";
import { flagOf, type StoreAnswer, type StoreRequest, textOf, textsOf } from "./request.ts";
import { CURRENT, type SecretState, versionWith } from "./secret.ts";
import { authorized, checkNotDeleted, isGone, notFound, shown, stagesOf } from "./secret-access.ts";
import { filtered } from "./secret-filters.ts";

const MOST_AT_ONCE = 20;
const PAGES = {
  preset: 100,
  most: 100,
  wrongToken: () => new AwsRefusal("InvalidNextTokenException", "The NextToken value is invalid."),
} as const;

export function getSecretValue(request: StoreRequest): StoreAnswer {
  const { account, caller, region } = request;
  const versionId = textOf(request, "VersionId");
  const stage = textOf(request, "VersionStage");
  const secret = authorized(request, "GetSecretValue", {
    "secretsmanager:VersionStage": stage ?? CURRENT,
    ...(versionId !== undefined && { "secretsmanager:VersionId": versionId }),
  });
  checkNotDeleted(secret, "You can't perform this operation on the secret because it was marked for deletion.");
  const version = versionId === undefined ? versionWith(secret, stage ?? CURRENT) : secret.versions.get(versionId);
  if (version === undefined)
    throw notFound(
      versionId === undefined
        ? `Secrets Manager can't find the specified secret value for staging label: ${stage ?? CURRENT}`
        : `Secrets Manager can't find the specified secret value for VersionId: ${versionId}`,
    );
  if (versionId !== undefined && stage !== undefined && !version.stages.has(stage))
    throw new AwsRefusal(
      "InvalidRequestException",
      "You provided a VersionStage that is not associated to the provided VersionId.",
    );
  const decrypts = account.decrypts(caller, region, secret.kmsKeyId);
  if (decrypts === "denied") throw new AwsRefusal("AccessDeniedException", "Access to KMS is not allowed");
  if (decrypts !== "yes")
    throw new AwsRefusal(
      "DecryptionFailure",
      "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
    );
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...(version.string !== undefined && { SecretString: version.string }),
    ...(version.binary !== undefined && { SecretBinary: version.binary.toString("base64") }),
    VersionStages: [...version.stages],
    CreatedDate: version.created / 1000,
  };
}

/** Several secrets, by their ids or by a filter; those that cannot be read stand beside the others, each with why. */
export function batchGetSecretValue(request: StoreRequest): StoreAnswer {
  const { account, caller, input } = request;
  const ids = textsOf(request, "SecretIdList");
  const isFiltered = input["Filters"] !== undefined;
  if (ids.length > 0 === isFiltered)
    throw invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.");
  if (ids.length > MOST_AT_ONCE)
    throw invalidParameter(`SecretIdList must have at most ${MOST_AT_ONCE} ids, and has ${ids.length}.`);
  account.authorize(caller, "secretsmanager:BatchGetSecretValue", "*");
  const wanted = isFiltered ? filtered(request, listed(request)).map(({ arn }) => arn) : ids;
  const { items, next } = pageOf(wanted, request, { ...PAGES, preset: MOST_AT_ONCE, most: MOST_AT_ONCE });
  const values: StoreAnswer[] = [];
  const errors: StoreAnswer[] = [];
  for (const id of items)
    try {
      values.push(getSecretValue({ ...request, input: { SecretId: id } }));
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error;
      errors.push({ SecretId: id, ErrorCode: error.code, Message: error.message });
    }
  return { SecretValues: values, Errors: errors, ...next };
}

export function describeSecret(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "DescribeSecret");
  return { ...shown(secret), VersionIdsToStages: stagesOf(secret) };
}

export function listSecrets(request: StoreRequest): StoreAnswer {
  const order = textOf(request, "SortOrder") ?? "asc";
  if (order !== "asc" && order !== "desc") throw invalidParameter(`SortOrder is asc or desc, not ${order}.`);
  if ((textOf(request, "SortBy") ?? "created-date") !== "created-date")
    throw new AwsRefusal("NotImplemented", "SortBy: this fake of Secrets Manager sorts by creation alone", 501);
  const found = filtered(request, listed(request));
  const { items, next } = pageOf(order === "asc" ? found : found.toReversed(), request, PAGES);
  return {
    SecretList: items.map((secret) => ({ ...shown(secret), SecretVersionsToStages: stagesOf(secret) })),
    ...next,
  };
}

/** In the order of their making; who may list sees all that there are. */
function listed(request: StoreRequest): SecretState[] {
  const { account, caller, region } = request;
  account.authorize(caller, "secretsmanager:ListSecrets", "*");
  return [...account.region(region).secrets.values()].filter(
    (secret) =>
      secret.deleted === undefined ||
      (flagOf(request, "IncludePlannedDeletion") && !isGone(secret, account.clock.now())),
  );
}

export function listSecretVersionIds(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "ListSecretVersionIds");
  const all = flagOf(request, "IncludeDeprecated");
  const versions = [...secret.versions.values()].filter(({ stages }) => all || stages.size > 0);
  const { items, next } = pageOf(versions, request, PAGES);
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...next,
    Versions: items.map(({ id, stages, created }) => ({
      VersionId: id,
      ...(stages.size > 0 && { VersionStages: [...stages] }),
      CreatedDate: created / 1000,
    })),
  };
}

/** There are none here: whoever asks is told so, as by AWS of a secret without one. */
export function getResourcePolicy(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "GetResourcePolicy");
  return { ARN: secret.arn, Name: secret.name };
}

import { AwsRefusal, invalidParameter } from "../errors.ts";
import {
  flagOf,
  neededText,
  numberOf,
  type StoreAnswer,
  type StoreOperation,
  type StoreRequest,
  textOf,
  textsOf,
} from "./request.ts";
import { CURRENT, findSecret, moveStage, type SecretState, type SecretVersion, versionWith } from "./secret.ts";

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;
const LARGEST_SECRET = 65_536;
const NAME = /^[\w/+=.@-]{1,512}$/;

/** Secrets Manager's operations; what stands here not is refused as AWS refuses an unknown one. */
export const SECRETS_MANAGER: ReadonlyMap<string, StoreOperation> = new Map<string, StoreOperation>([
  ["GetSecretValue", getSecretValue],
  ["DescribeSecret", describeSecret],
  ["CreateSecret", createSecret],
  ["PutSecretValue", putSecretValue],
  ["UpdateSecret", updateSecret],
  ["UpdateSecretVersionStage", updateSecretVersionStage],
  ["DeleteSecret", deleteSecret],
  ["RestoreSecret", restoreSecret],
  ["ListSecrets", listSecrets],
  ["ListSecretVersionIds", listSecretVersionIds],
  ["TagResource", tagResource],
  ["UntagResource", untagResource],
]);

function getSecretValue(request: StoreRequest): StoreAnswer {
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

function describeSecret(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "DescribeSecret");
  return { ...shown(secret), VersionIdsToStages: stagesOf(secret) };
}

function createSecret(request: StoreRequest): StoreAnswer {
  const { account, region, caller } = request;
  const name = neededText(request, "Name");
  if (!NAME.test(name))
    throw invalidParameter(
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  const arn = `arn:aws:secretsmanager:${region}:${account.id}:secret:${name}-${account.draw(6)}`;
  account.authorize(caller, "secretsmanager:CreateSecret", arn, {}, name);
  const { secrets } = account.region(region);
  const there = secrets.get(name);
  if (there !== undefined)
    throw there.deleted === undefined
      ? new AwsRefusal("ResourceExistsException", `The operation failed because the secret ${name} already exists.`)
      : new AwsRefusal(
          "InvalidRequestException",
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        );
  const secret: SecretState = {
    name,
    arn,
    created: account.clock.now(),
    description: textOf(request, "Description") ?? "",
    kmsKeyId: textOf(request, "KmsKeyId"),
    versions: new Map(),
    tags: new Map(tagsIn(request)),
    deleted: undefined,
  };
  const version = addVersion(request, secret, [CURRENT]);
  secrets.set(name, secret);
  return { ARN: arn, Name: name, ...(version !== undefined && { VersionId: version.id }) };
}

function putSecretValue(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "PutSecretValue");
  checkNotDeleted(secret);
  const stages = textsOf(request, "VersionStages");
  const version = addVersion(request, secret, stages.length > 0 ? stages : [CURRENT]);
  if (version === undefined)
    throw new AwsRefusal("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
  return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
}

function updateSecret(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "UpdateSecret");
  checkNotDeleted(secret);
  secret.description = textOf(request, "Description") ?? secret.description;
  secret.kmsKeyId = textOf(request, "KmsKeyId") ?? secret.kmsKeyId;
  const version = addVersion(request, secret, [CURRENT]);
  return { ARN: secret.arn, Name: secret.name, ...(version !== undefined && { VersionId: version.id }) };
}

function updateSecretVersionStage(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "UpdateSecretVersionStage");
  const stage = neededText(request, "VersionStage");
  const from = textOf(request, "RemoveFromVersionId");
  const to = textOf(request, "MoveToVersionId");
  const holder = versionWith(secret, stage);
  if (holder !== undefined && holder.id !== to && from !== holder.id)
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  if (to === undefined) {
    if (stage === CURRENT)
      throw invalidParameter(`You can't remove the staging label ${CURRENT} from a version without moving it.`);
    holder?.stages.delete(stage);
  } else {
    const version = secret.versions.get(to);
    if (version === undefined)
      throw notFound(`Secrets Manager can't find the specified secret value for VersionId: ${to}`);
    moveStage(secret, stage, version);
  }
  return { ARN: secret.arn, Name: secret.name };
}

function deleteSecret(request: StoreRequest): StoreAnswer {
  const { account, region } = request;
  const secret = authorized(request, "DeleteSecret");
  const days = numberOf(request, "RecoveryWindowInDays");
  const isForced = flagOf(request, "ForceDeleteWithoutRecovery");
  if (days !== undefined && isForced)
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  if (days !== undefined && (days < 7 || days > 30))
    throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  checkNotDeleted(secret);
  const at = account.clock.now() + (isForced ? 0 : (days ?? DEFAULT_WINDOW_DAYS) * DAY_MS);
  if (isForced) account.region(region).secrets.delete(secret.name);
  else secret.deleted = at;
  return { ARN: secret.arn, Name: secret.name, DeletionDate: at / 1000 };
}

function restoreSecret(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "RestoreSecret");
  secret.deleted = undefined;
  return { ARN: secret.arn, Name: secret.name };
}

function listSecrets(request: StoreRequest): StoreAnswer {
  const { account, caller, region } = request;
  account.authorize(caller, "secretsmanager:ListSecrets", "*");
  const alive = [...account.region(region).secrets.values()].filter(
    ({ deleted }) => deleted === undefined || flagOf(request, "IncludePlannedDeletion"),
  );
  return { SecretList: alive.map((secret) => ({ ...shown(secret), SecretVersionsToStages: stagesOf(secret) })) };
}

function listSecretVersionIds(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "ListSecretVersionIds");
  const all = flagOf(request, "IncludeDeprecated");
  const versions = [...secret.versions.values()].filter(({ stages }) => all || stages.size > 0);
  return {
    ARN: secret.arn,
    Name: secret.name,
    Versions: versions.map(({ id, stages, created }) => ({
      VersionId: id,
      ...(stages.size > 0 && { VersionStages: [...stages] }),
      CreatedDate: created / 1000,
    })),
  };
}

function tagResource(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "TagResource");
  for (const [key, value] of tagsIn(request)) secret.tags.set(key, value);
  return {};
}

function untagResource(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "UntagResource");
  for (const key of textsOf(request, "TagKeys")) secret.tags.delete(key);
  return {};
}

/**
 * The secret that the request names, if the caller may do this with it. Who may not is not told whether it exists.
 * @throws AwsRefusal
 */
function authorized(
  request: StoreRequest,
  operation: string,
  more: Readonly<Record<string, string>> = {},
): SecretState {
  const { account, caller, region } = request;
  const id = neededText(request, "SecretId");
  const secret = findSecret(account.region(region).secrets, id);
  const resource =
    secret?.arn ?? (id.startsWith("arn:") ? id : `arn:aws:secretsmanager:${region}:${account.id}:secret:${id}`);
  const tags = [...(secret?.tags ?? [])].flatMap(([key, value]): [string, string][] => [
    [`secretsmanager:ResourceTag/${key}`, value],
    [`aws:ResourceTag/${key}`, value],
  ]);
  const context = { "secretsmanager:SecretId": resource, ...Object.fromEntries(tags), ...more };
  account.authorize(caller, `secretsmanager:${operation}`, resource, context, secret?.arn ?? id);
  if (secret === undefined || isGone(secret, account.clock.now()))
    throw notFound("Secrets Manager can't find the specified secret.");
  return secret;
}

function isGone({ deleted }: SecretState, now: number): boolean {
  return deleted !== undefined && deleted <= now;
}

function checkNotDeleted(
  { deleted }: SecretState,
  text = "You tried to perform the operation on a secret that's currently marked deleted.",
): void {
  if (deleted !== undefined) throw new AwsRefusal("InvalidRequestException", text);
}

/** Undefined when the request brings no value. */
function addVersion(request: StoreRequest, secret: SecretState, stages: readonly string[]): SecretVersion | undefined {
  const { account } = request;
  const string = textOf(request, "SecretString");
  const binary = textOf(request, "SecretBinary");
  if (string === undefined && binary === undefined) return undefined;
  if (string !== undefined && binary !== undefined)
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  if ((string === undefined ? Buffer.from(binary ?? "", "base64").length : Buffer.byteLength(string)) > LARGEST_SECRET)
    throw invalidParameter("The secret value can't be converted: it is larger than 65536 bytes.");
  const id = textOf(request, "ClientRequestToken") ?? account.random.uuid();
  if (id.length < 32 || id.length > 64) throw invalidParameter("ClientRequestToken must be 32-64 characters long.");
  const value = {
    ...(string !== undefined && { string }),
    ...(binary !== undefined && { binary: Buffer.from(binary, "base64") }),
  };
  const there = secret.versions.get(id);
  if (there !== undefined) {
    if (there.string === value.string && there.binary?.toString("base64") === value.binary?.toString("base64"))
      return there;
    throw new AwsRefusal(
      "ResourceExistsException",
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  const version: SecretVersion = { id, ...value, created: account.clock.now(), stages: new Set() };
  secret.versions.set(id, version);
  for (const stage of stages) moveStage(secret, stage, version);
  return version;
}

function tagsIn({ input }: StoreRequest): [string, string][] {
  const tags = (input["Tags"] ?? []) as readonly { readonly Key?: string; readonly Value?: string }[];
  return tags.map(({ Key = "", Value = "" }) => [Key, Value]);
}

function stagesOf(secret: SecretState): Readonly<Record<string, readonly string[]>> {
  const labelled = [...secret.versions.values()].filter(({ stages }) => stages.size > 0);
  return Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]]));
}

function shown(secret: SecretState): StoreAnswer {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description !== "" && { Description: secret.description }),
    ...(secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId }),
    ...(secret.deleted !== undefined && { DeletedDate: secret.deleted / 1000 }),
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    CreatedDate: secret.created / 1000,
  };
}

function notFound(message: string): AwsRefusal {
  return new AwsRefusal("ResourceNotFoundException", message);
}

import { AwsRefusal, invalidParameter } from "../errors.ts";
import { getRandomPassword } from "./random-password.ts";
import {
  flagOf,
  neededText,
  numberOf,
  type StoreAnswer,
  type StoreOperation,
  type StoreRequest,
  tagsOf,
  textOf,
  textsOf,
} from "./request.ts";
import { CURRENT, moveStage, type SecretState, type SecretVersion, versionWith } from "./secret.ts";
import { authorized, checkNotDeleted, isGone, notFound } from "./secret-access.ts";
import {
  batchGetSecretValue,
  describeSecret,
  getResourcePolicy,
  getSecretValue,
  listSecrets,
  listSecretVersionIds,
} from "./secret-reading.ts";

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;
const LARGEST_SECRET = 65_536;
const MOST_TAGS = 50;
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
  ["BatchGetSecretValue", batchGetSecretValue],
  ["ListSecrets", listSecrets],
  ["ListSecretVersionIds", listSecretVersionIds],
  ["GetRandomPassword", getRandomPassword],
  ["GetResourcePolicy", getResourcePolicy],
  ["TagResource", tagResource],
  ["UntagResource", untagResource],
]);

function createSecret(request: StoreRequest): StoreAnswer {
  const { account, region, caller, input } = request;
  if (input["AddReplicaRegions"] !== undefined)
    throw new AwsRefusal("NotImplemented", "AddReplicaRegions: this fake of Secrets Manager does not replicate", 501);
  const name = neededText(request, "Name");
  if (!NAME.test(name))
    throw invalidParameter(
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  const arn = `arn:aws:secretsmanager:${region}:${account.id}:secret:${name}-${account.draw(6)}`;
  account.authorize(caller, "secretsmanager:CreateSecret", arn, {}, name);
  const { secrets } = account.region(region);
  const there = secrets.get(name);
  if (there !== undefined && !isGone(there, account.clock.now()))
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
    changed: account.clock.now(),
    description: textOf(request, "Description") ?? "",
    kmsKeyId: textOf(request, "KmsKeyId"),
    versions: new Map(),
    tags: new Map(tagsOf(request)),
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
  secret.changed = request.account.clock.now();
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
  secret.changed = request.account.clock.now();
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

function tagResource(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "TagResource");
  checkNotDeleted(secret);
  const tags = new Map([...secret.tags, ...tagsOf(request)]);
  if (tags.size > MOST_TAGS) throw invalidParameter(`A secret can have at most ${MOST_TAGS} tags.`);
  for (const [key, value] of tags) secret.tags.set(key, value);
  return {};
}

function untagResource(request: StoreRequest): StoreAnswer {
  const secret = authorized(request, "UntagResource");
  for (const key of textsOf(request, "TagKeys")) secret.tags.delete(key);
  return {};
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
  secret.changed = version.created;
  for (const stage of stages) moveStage(secret, stage, version);
  return version;
}

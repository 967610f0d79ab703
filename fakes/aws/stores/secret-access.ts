import { AwsRefusal } from "../errors.ts";
import { neededText, type StoreAnswer, type StoreRequest } from "./request.ts";
import { findSecret, type SecretState } from "./secret.ts";

/**
 * The secret that the request names, if the caller may do this with it. Who may not is not told whether it exists.
 * @throws AwsRefusal
 */
export function authorized(
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

export function isGone({ deleted }: SecretState, now: number): boolean {
  return deleted !== undefined && deleted <= now;
}

export function checkNotDeleted(
  { deleted }: SecretState,
  text = "You tried to perform the operation on a secret that's currently marked deleted.",
): void {
  if (deleted !== undefined) throw new AwsRefusal("InvalidRequestException", text);
}

export function shown(secret: SecretState): StoreAnswer {
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.description !== "" && { Description: secret.description }),
    ...(secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId }),
    ...(secret.deleted !== undefined && { DeletedDate: secret.deleted / 1000 }),
    Tags: [...secret.tags].map(([Key, Value]) => ({ Key, Value })),
    CreatedDate: secret.created / 1000,
    LastChangedDate: secret.changed / 1000,
  };
}

export function stagesOf(secret: SecretState): Readonly<Record<string, readonly string[]>> {
  const labelled = [...secret.versions.values()].filter(({ stages }) => stages.size > 0);
  return Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]]));
}

export function notFound(message: string): AwsRefusal {
  return new AwsRefusal("ResourceNotFoundException", message);
}

import type { Account } from "../account.ts";
import { AwsRefusal } from "../errors.ts";
import { parsePolicy } from "../policy/document.ts";
import type { Xml } from "../xml.ts";
import type { ManagedPolicy, OidcProvider, Role } from "./state.ts";

/** A request of the query protocol. */
export type Form = URLSearchParams;

const NAME = /^[\w+=,.@-]+$/;

export function isoTime(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000", "");
}

export function needed(form: Form, name: string): string {
  const value = form.get(name);
  if (value === null || value === "")
    throw new AwsRefusal(
      "ValidationError",
      `1 validation error detected: Value null at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

export function nameIn(form: Form, field: string): string {
  const name = needed(form, field);
  if (!NAME.test(name) || name.length > 128)
    throw new AwsRefusal(
      "ValidationError",
      `The specified value for ${field.charAt(0).toLowerCase()}${field.slice(1)} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    );
  return name;
}

export function policyIn(form: Form, account: Account): ManagedPolicy {
  const arn = needed(form, "PolicyArn");
  const policy = account.iam.policies.get(arn);
  if (policy === undefined) throw missing(`Policy ${arn} does not exist or is not attachable.`);
  return policy;
}

export function roleIn(form: Form, account: Account): Role {
  const name = needed(form, "RoleName");
  const role = account.iam.roles.get(name);
  if (role === undefined) throw missing(`The role with name ${name} cannot be found.`);
  return role;
}

export function providerIn(form: Form, account: Account): OidcProvider {
  const arn = needed(form, "OpenIDConnectProviderArn");
  const provider = account.iam.providers.get(arn);
  if (provider === undefined) throw missing(`OpenIDConnect Provider not found for arn ${arn}`);
  return provider;
}

export function versionIdIn(form: Form, policy: ManagedPolicy): string {
  const id = needed(form, "VersionId");
  if (!policy.versions.has(id))
    throw missing(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
  return id;
}

export function versionOf(form: Form, account: Account) {
  const document = needed(form, "PolicyDocument");
  return { document, statements: parsePolicy(document, "identity"), created: account.clock.now() };
}

/** `ClientIDList.member.1` and so on. */
export function membersOf(form: Form, name: string): string[] {
  const members: string[] = [];
  for (let at = 1; form.has(`${name}.member.${at}`); at++) members.push(form.get(`${name}.member.${at}`) ?? "");
  return members;
}

export function shownPolicy(
  { arn, name, id, created, versions, defaultVersion }: ManagedPolicy,
  account: Account,
): Xml {
  return {
    PolicyName: name,
    PolicyId: id,
    Arn: arn,
    Path: "/",
    DefaultVersionId: defaultVersion,
    AttachmentCount: account.iam.attachmentsOf(arn),
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: isoTime(created),
    UpdateDate: isoTime(versions.get(defaultVersion)?.created ?? created),
  };
}

export function shownVersion(policy: ManagedPolicy, id: string): { readonly [name: string]: Xml } {
  return {
    VersionId: id,
    IsDefaultVersion: policy.defaultVersion === id,
    CreateDate: isoTime(policy.versions.get(id)?.created ?? 0),
  };
}

export function shownRole({ arn, name, id, created, description, maxSessionSeconds, trust }: Role): Xml {
  return {
    Path: "/",
    RoleName: name,
    RoleId: id,
    Arn: arn,
    CreateDate: isoTime(created),
    AssumeRolePolicyDocument: encodeURIComponent(trust.document),
    ...(description !== "" && { Description: description }),
    MaxSessionDuration: maxSessionSeconds,
  };
}

export function exists(message: string): AwsRefusal {
  return new AwsRefusal("EntityAlreadyExists", message, 409);
}

export function missing(message: string): AwsRefusal {
  return new AwsRefusal("NoSuchEntity", message, 404);
}

export function conflict(message: string): AwsRefusal {
  return new AwsRefusal("DeleteConflict", message, 409);
}

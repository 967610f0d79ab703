import type { Account } from "../account.ts";
import { AwsRefusal } from "../errors.ts";
import { parsePolicy } from "../policy/document.ts";
import type { Xml } from "../xml.ts";
import {
  conflict,
  exists,
  type Form,
  isoTime,
  membersOf,
  missing,
  nameIn,
  needed,
  policyIn,
  providerIn,
  roleIn,
  shownPolicy,
  shownRole,
  shownVersion,
  versionIdIn,
  versionOf,
} from "./fields.ts";
import type { ManagedPolicy, OidcProvider, Role } from "./state.ts";

type Operation = (form: Form, account: Account) => Xml | undefined;

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const MOST_VERSIONS = 5;

/** IAM's operations that a set-up for pods needs; what stands here not is refused as AWS refuses an unknown action. */
export const IAM_OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    "CreatePolicy",
    (form, account) => {
      const name = nameIn(form, "PolicyName");
      const arn = `arn:aws:iam::${account.id}:policy${form.get("Path") ?? "/"}${name}`;
      if (account.iam.policies.has(arn))
        throw exists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
      const policy: ManagedPolicy = {
        arn,
        name,
        id: `ANPA${account.draw(17, ID_ALPHABET)}`,
        created: account.clock.now(),
        versions: new Map([["v1", versionOf(form, account)]]),
        defaultVersion: "v1",
      };
      account.iam.policies.set(arn, policy);
      return { Policy: shownPolicy(policy, account) };
    },
  ],
  ["GetPolicy", (form, account) => ({ Policy: shownPolicy(policyIn(form, account), account) })],
  [
    "ListPolicies",
    (_form, account) => ({
      Policies: [...account.iam.policies.values()].map((policy) => shownPolicy(policy, account)),
      IsTruncated: false,
    }),
  ],
  [
    "DeletePolicy",
    (form, account) => {
      const policy = policyIn(form, account);
      if (account.iam.attachmentsOf(policy.arn) > 0) throw conflict("Cannot delete a policy attached to entities.");
      if (policy.versions.size > 1)
        throw conflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
      account.iam.policies.delete(policy.arn);
      return undefined;
    },
  ],
  [
    "CreatePolicyVersion",
    (form, account) => {
      const policy = policyIn(form, account);
      if (policy.versions.size >= MOST_VERSIONS)
        throw new AwsRefusal(
          "LimitExceeded",
          `A managed policy can have up to ${MOST_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
          409,
        );
      const next = `v${Math.max(...[...policy.versions.keys()].map((id) => Number(id.slice(1)))) + 1}`;
      policy.versions.set(next, versionOf(form, account));
      if (form.get("SetAsDefault") === "true") policy.defaultVersion = next;
      return { PolicyVersion: shownVersion(policy, next) };
    },
  ],
  [
    "GetPolicyVersion",
    (form, account) => {
      const policy = policyIn(form, account);
      const id = versionIdIn(form, policy);
      return {
        PolicyVersion: {
          Document: encodeURIComponent(policy.versions.get(id)?.document ?? ""),
          ...shownVersion(policy, id),
        },
      };
    },
  ],
  [
    "ListPolicyVersions",
    (form, account) => {
      const policy = policyIn(form, account);
      return { Versions: [...policy.versions.keys()].map((id) => shownVersion(policy, id)), IsTruncated: false };
    },
  ],
  [
    "SetDefaultPolicyVersion",
    (form, account) => {
      const policy = policyIn(form, account);
      policy.defaultVersion = versionIdIn(form, policy);
      return undefined;
    },
  ],
  [
    "DeletePolicyVersion",
    (form, account) => {
      const policy = policyIn(form, account);
      const id = versionIdIn(form, policy);
      if (id === policy.defaultVersion) throw conflict("Cannot delete the default version of a policy.");
      policy.versions.delete(id);
      return undefined;
    },
  ],
  [
    "CreateRole",
    (form, account) => {
      const name = nameIn(form, "RoleName");
      if (account.iam.roles.has(name)) throw exists(`Role with name ${name} already exists.`);
      const document = needed(form, "AssumeRolePolicyDocument");
      const role: Role = {
        arn: `arn:aws:iam::${account.id}:role${form.get("Path") ?? "/"}${name}`,
        name,
        id: `AROA${account.draw(17, ID_ALPHABET)}`,
        created: account.clock.now(),
        description: form.get("Description") ?? "",
        maxSessionSeconds: Number(form.get("MaxSessionDuration") ?? 3600),
        trust: { document, statements: parsePolicy(document, "trust") },
        attached: new Set(),
        inline: new Map(),
      };
      account.iam.roles.set(name, role);
      return { Role: shownRole(role) };
    },
  ],
  ["GetRole", (form, account) => ({ Role: shownRole(roleIn(form, account)) })],
  ["ListRoles", (_form, account) => ({ Roles: [...account.iam.roles.values()].map(shownRole), IsTruncated: false })],
  [
    "DeleteRole",
    (form, account) => {
      const role = roleIn(form, account);
      if (role.attached.size > 0) throw conflict("Cannot delete entity, must detach all policies first.");
      if (role.inline.size > 0) throw conflict("Cannot delete entity, must delete policies first.");
      account.iam.roles.delete(role.name);
      return undefined;
    },
  ],
  [
    "UpdateAssumeRolePolicy",
    (form, account) => {
      const document = needed(form, "PolicyDocument");
      roleIn(form, account).trust = { document, statements: parsePolicy(document, "trust") };
      return undefined;
    },
  ],
  [
    "AttachRolePolicy",
    (form, account) => {
      const role = roleIn(form, account);
      role.attached.add(policyIn(form, account).arn);
      return undefined;
    },
  ],
  [
    "DetachRolePolicy",
    (form, account) => {
      const role = roleIn(form, account);
      const arn = needed(form, "PolicyArn");
      if (!role.attached.delete(arn)) throw missing(`Policy ${arn} was not found.`);
      return undefined;
    },
  ],
  [
    "ListAttachedRolePolicies",
    (form, account) => ({
      AttachedPolicies: [...roleIn(form, account).attached].map((PolicyArn) => ({
        PolicyName: account.iam.policies.get(PolicyArn)?.name ?? "",
        PolicyArn,
      })),
      IsTruncated: false,
    }),
  ],
  [
    "PutRolePolicy",
    (form, account) => {
      const document = needed(form, "PolicyDocument");
      roleIn(form, account).inline.set(nameIn(form, "PolicyName"), {
        document,
        statements: parsePolicy(document, "identity"),
      });
      return undefined;
    },
  ],
  [
    "GetRolePolicy",
    (form, account) => {
      const role = roleIn(form, account);
      const name = nameIn(form, "PolicyName");
      const policy = role.inline.get(name);
      if (policy === undefined) throw missing(`The role policy with name ${name} cannot be found.`);
      return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(policy.document) };
    },
  ],
  [
    "ListRolePolicies",
    (form, account) => ({ PolicyNames: [...roleIn(form, account).inline.keys()], IsTruncated: false }),
  ],
  [
    "DeleteRolePolicy",
    (form, account) => {
      const name = nameIn(form, "PolicyName");
      if (!roleIn(form, account).inline.delete(name))
        throw missing(`The role policy with name ${name} cannot be found.`);
      return undefined;
    },
  ],
  [
    "CreateOpenIDConnectProvider",
    (form, account) => {
      const url = needed(form, "Url").replace(/\/$/, "");
      if (!url.startsWith("https://"))
        throw new AwsRefusal("ValidationError", "Invalid Open ID Connect Provider URL: it must begin with https://");
      const arn = `arn:aws:iam::${account.id}:oidc-provider/${url.slice("https://".length)}`;
      if (account.iam.providers.has(arn)) throw exists(`Provider with url ${url} already exists.`);
      const provider: OidcProvider = {
        arn,
        url,
        clientIds: new Set(membersOf(form, "ClientIDList")),
        created: account.clock.now(),
      };
      account.iam.providers.set(arn, provider);
      return { OpenIDConnectProviderArn: arn };
    },
  ],
  [
    "GetOpenIDConnectProvider",
    (form, account) => {
      const { url, clientIds, created } = providerIn(form, account);
      return {
        Url: url.slice("https://".length),
        ClientIDList: [...clientIds],
        ThumbprintList: [],
        CreateDate: isoTime(created),
        Tags: [],
      };
    },
  ],
  [
    "ListOpenIDConnectProviders",
    (_form, account) => ({ OpenIDConnectProviderList: [...account.iam.providers.keys()].map((Arn) => ({ Arn })) }),
  ],
  [
    "DeleteOpenIDConnectProvider",
    (form, account) => {
      account.iam.providers.delete(providerIn(form, account).arn);
      return undefined;
    },
  ],
  [
    "AddClientIDToOpenIDConnectProvider",
    (form, account) => {
      providerIn(form, account).clientIds.add(needed(form, "ClientID"));
      return undefined;
    },
  ],
  [
    "RemoveClientIDFromOpenIDConnectProvider",
    (form, account) => {
      providerIn(form, account).clientIds.delete(needed(form, "ClientID"));
      return undefined;
    },
  ],
]);

/** The resource that a caller needs a right for. */
export function iamResource(form: Form, account: Account): string {
  const policyArn = form.get("PolicyArn");
  const role = form.get("RoleName");
  if (role !== null) return `arn:aws:iam::${account.id}:role/${role}`;
  return policyArn ?? form.get("OpenIDConnectProviderArn") ?? "*";
}

import type { Caller } from "../directory/tokens.ts";

/** How Key Vault says no. */
export class VaultRefusal extends Error {
  override readonly name = "VaultRefusal";
  readonly status: number;
  readonly code: string;
  readonly inner: string | undefined;

  constructor(status: number, code: string, message: string, inner?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.inner = inner;
  }

  get body(): unknown {
    const { code, message, inner } = this;
    return { error: { code, message, ...(inner !== undefined && { innererror: { code: inner } }) } };
  }
}

export type Kind = "secret" | "key" | "certificate";

const NAMES: Readonly<Record<Kind, { readonly code: string; readonly text: string }>> = {
  secret: { code: "Secret", text: "A secret" },
  key: { code: "Key", text: "A key" },
  certificate: { code: "Certificate", text: "A certificate" },
};

export const refusals = {
  unauthorized: (why: string) => new VaultRefusal(401, "Unauthorized", why),
  notFound: (kind: Kind, id: string) =>
    new VaultRefusal(
      404,
      `${NAMES[kind].code}NotFound`,
      `${NAMES[kind].text} with (name/id) ${id} was not found in this key vault. If you recently deleted this ${kind} you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
    ),
  disabled: (kind: Kind) =>
    new VaultRefusal(
      403,
      "Forbidden",
      `Operation get is not allowed on a disabled ${kind}.`,
      `${NAMES[kind].code}Disabled`,
    ),
  deletedName: (kind: Kind, name: string) =>
    new VaultRefusal(
      409,
      "Conflict",
      `${NAMES[kind].code} ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the ${kind} can only be recovered or purged.`,
      "ObjectIsDeletedButRecoverable",
    ),
  nameTaken: (kind: Kind, name: string) =>
    new VaultRefusal(
      409,
      "Conflict",
      `${NAMES[kind].code} ${name} already exists in this key vault: a backup is restored under its own name, and only where that is free.`,
    ),
  denied: ({ clientId, objectId, issuer }: Caller, permission: string, vault: string, location: string) =>
    new VaultRefusal(
      403,
      "Forbidden",
      `The user, group or application 'appid=${clientId};oid=${objectId};iss=${issuer}' does not have ${permission} permission on key vault '${vault};location=${location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
      "AccessDenied",
    ),
  deniedByRole: (
    { clientId, objectId, issuer }: Caller,
    action: string,
    resource: string,
    vault: string,
    location: string,
  ) =>
    new VaultRefusal(
      403,
      "Forbidden",
      [
        "Caller is not authorized to perform action on resource.",
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
        `Caller: appid=${clientId};oid=${objectId};iss=${issuer}`,
        `Action: 'Microsoft.KeyVault/vaults/${action}'`,
        `Resource: '${resource}'`,
        "Assignment: (not found)",
        "DenyAssignmentId: null",
        "DecisionReason: null ",
        `Vault: ${vault};location=${location}`,
        "",
      ].join("\r\n"),
      "ForbiddenByRbac",
    ),
  notTaken: (what: string) =>
    new VaultRefusal(501, "NotImplemented", `${what} is not served by this fake of Key Vault`),
  bad: (message: string) => new VaultRefusal(400, "BadParameter", message),
  unknownVault: (host: string) => new VaultRefusal(404, "VaultNotFound", `this fake has no vault at ${host}`),
  notServed: (method: string, path: string) =>
    new VaultRefusal(501, "NotImplemented", `${method} ${path} is not served by this fake of Key Vault`),
} as const;

import type { Caller } from "../directory/tokens.ts";
import { refusals } from "./refusal.ts";

export type Collection = "secrets" | "keys" | "certificates";

/** What a caller wants to do, in the words of access policies. */
export type Permission =
  | "get"
  | "list"
  | "set"
  | "create"
  | "import"
  | "update"
  | "delete"
  | "recover"
  | "purge"
  | "backup"
  | "restore";

/** The older way to let somebody in: a list for the whole vault. */
export type AccessPolicy = { readonly objectId: string } & Partial<Record<Collection, readonly string[]>>;

/** The newer way: a role, on the vault or on one object of it (`/secrets/name`). */
export type RoleAssignment = { readonly objectId: string; readonly role: string; readonly scope?: string };

/** Data actions of the built-in roles, below `Microsoft.KeyVault/vaults/`. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  "Key Vault Administrator": ["*"],
  "Key Vault Reader": ["secrets/readMetadata/action", "keys/read", "certificates/read"],
  "Key Vault Secrets User": ["secrets/getSecret/action", "secrets/readMetadata/action"],
  "Key Vault Secrets Officer": ["secrets/*"],
  "Key Vault Certificate User": [
    "certificates/read",
    "secrets/getSecret/action",
    "secrets/readMetadata/action",
    "keys/read",
  ],
  "Key Vault Certificates Officer": ["certificates/*"],
  "Key Vault Crypto User": ["keys/read", "keys/update/action"],
  "Key Vault Crypto Officer": ["keys/*"],
};

export const KNOWN_ROLES: readonly string[] = Object.keys(ROLES);

function actionOf(collection: Collection, permission: Permission): string {
  if (permission === "delete") return `${collection}/delete`;
  if (collection === "secrets") {
    const names: Partial<Record<Permission, string>> = {
      get: "getSecret",
      list: "readMetadata",
      update: "setSecret",
      set: "setSecret",
    };
    return `secrets/${names[permission] ?? permission}/action`;
  }
  return permission === "get" || permission === "list" ? `${collection}/read` : `${collection}/${permission}/action`;
}

/** Who may do what in one vault. */
export class Access {
  readonly #vault: string;
  readonly #location: string;
  /** Roles count instead of policies. */
  isRbac = false;
  policies: AccessPolicy[] = [];
  roles: RoleAssignment[] = [];

  constructor(vault: string, location: string) {
    this.#vault = vault;
    this.#location = location;
  }

  /** @throws VaultRefusal in the words of the model that is in force */
  check(caller: Caller, collection: Collection, permission: Permission, name: string | undefined): void {
    if (this.isRbac) this.#checkRoles(caller, actionOf(collection, permission), collection, name);
    else this.#checkPolicies(caller, collection, permission);
  }

  #checkPolicies(caller: Caller, collection: Collection, permission: Permission): void {
    const granted = this.policies
      .filter(({ objectId }) => objectId === caller.objectId)
      .flatMap((policy) => policy[collection] ?? [])
      .map((one) => one.toLowerCase());
    if (!granted.includes(permission) && !granted.includes("all"))
      throw refusals.denied(caller, `${collection} ${permission}`, this.#vault, this.#location);
  }

  #checkRoles(caller: Caller, action: string, collection: Collection, name: string | undefined): void {
    const place = name === undefined ? "" : `/${collection}/${name}`;
    const holds = this.roles.some(
      ({ objectId, role, scope = "" }) =>
        objectId === caller.objectId &&
        (scope === "" || scope === "/" || scope.toLowerCase() === place.toLowerCase()) &&
        (ROLES[role] ?? []).some((pattern) => matches(pattern, action)),
    );
    if (holds) return;
    const vault = `/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/mountproof/providers/microsoft.keyvault/vaults/${this.#vault}`;
    throw refusals.deniedByRole(caller, action, `${vault}${place}`, this.#vault, this.#location);
  }
}

function matches(pattern: string, action: string): boolean {
  return pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}

/** What the predefined roles allow, of the permissions that this stand-in asks for. */
const SECRET_READ = ["secretmanager.secrets.get", "secretmanager.secrets.list"];
const VERSION_READ = ["secretmanager.versions.get", "secretmanager.versions.list"];
const VERSION_MANAGE = [
  ...VERSION_READ,
  "secretmanager.versions.add",
  "secretmanager.versions.enable",
  "secretmanager.versions.disable",
  "secretmanager.versions.destroy",
];
const SECRET_VIEW = [...SECRET_READ, ...VERSION_READ, "secretmanager.secrets.getIamPolicy"];
const PARAMETER_READ = [
  "parametermanager.parameters.get",
  "parametermanager.parameters.list",
  "parametermanager.parameterVersions.get",
  "parametermanager.parameterVersions.list",
];

const PREDEFINED: Readonly<Record<string, readonly string[]>> = {
  "roles/owner": ["*"],
  "roles/editor": [...SECRET_VIEW, ...VERSION_MANAGE, "secretmanager.secrets.create", "secretmanager.secrets.update"],
  "roles/viewer": [...SECRET_READ, ...VERSION_READ, ...PARAMETER_READ],
  "roles/secretmanager.admin": ["secretmanager.*"],
  "roles/secretmanager.secretAccessor": ["secretmanager.versions.access"],
  "roles/secretmanager.viewer": SECRET_VIEW,
  "roles/secretmanager.secretVersionAdder": ["secretmanager.versions.add"],
  "roles/secretmanager.secretVersionManager": VERSION_MANAGE,
  "roles/parametermanager.admin": ["parametermanager.*"],
  "roles/parametermanager.parameterAccessor": ["parametermanager.parameterVersions.render", ...PARAMETER_READ],
  "roles/parametermanager.parameterViewer": PARAMETER_READ,
  "roles/parametermanager.parameterVersionManager": [
    ...PARAMETER_READ,
    "parametermanager.parameterVersions.create",
    "parametermanager.parameterVersions.update",
    "parametermanager.parameterVersions.delete",
  ],
  "roles/iam.workloadIdentityUser": ["iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.getOpenIdToken"],
  "roles/iam.serviceAccountTokenCreator": [
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.getOpenIdToken",
    "iam.serviceAccounts.implicitDelegation",
    "iam.serviceAccounts.signBlob",
    "iam.serviceAccounts.signJwt",
  ],
  "roles/iam.serviceAccountAdmin": ["iam.serviceAccounts.setIamPolicy", "iam.serviceAccounts.getIamPolicy"],
};

/** Predefined roles, and those that a project made itself. */
export class Roles {
  readonly #custom = new Map<string, readonly string[]>();

  define(role: string, permissions: readonly string[]): void {
    this.#custom.set(role, permissions);
  }

  knows(role: string): boolean {
    return role in PREDEFINED || this.#custom.has(role);
  }

  grants(role: string, permission: string): boolean {
    const permissions = this.#custom.get(role) ?? PREDEFINED[role] ?? [];
    return permissions.some(
      (one) => one === permission || (one.endsWith("*") && permission.startsWith(one.slice(0, -1))),
    );
  }
}

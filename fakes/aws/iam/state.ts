import type { Statement } from "../policy/document.ts";

export type ManagedPolicy = {
  readonly arn: string;
  readonly name: string;
  readonly id: string;
  readonly created: number;
  /** By version id, `v1` first. */
  readonly versions: Map<string, PolicyVersion>;
  defaultVersion: string;
};

export type PolicyVersion = {
  readonly document: string;
  readonly statements: readonly Statement[];
  readonly created: number;
};

export type InlinePolicy = { readonly document: string; readonly statements: readonly Statement[] };

export type Role = {
  readonly arn: string;
  readonly name: string;
  readonly id: string;
  readonly created: number;
  readonly description: string;
  readonly maxSessionSeconds: number;
  trust: InlinePolicy;
  readonly attached: Set<string>;
  readonly inline: Map<string, InlinePolicy>;
};

export type OidcProvider = {
  readonly arn: string;
  /** `https://oidc.eks.…/id/…` */
  readonly url: string;
  readonly clientIds: Set<string>;
  readonly created: number;
};

/** Policies, roles and identity providers of an account. */
export class IamState {
  readonly policies = new Map<string, ManagedPolicy>();
  readonly roles = new Map<string, Role>();
  readonly providers = new Map<string, OidcProvider>();

  statementsOf(role: Role): readonly Statement[] {
    const managed = [...role.attached].flatMap((arn) => {
      const policy = this.policies.get(arn);
      return policy?.versions.get(policy.defaultVersion)?.statements ?? [];
    });
    return [...managed, ...[...role.inline.values()].flatMap(({ statements }) => statements)];
  }

  roleByArn(arn: string): Role | undefined {
    return [...this.roles.values()].find((role) => role.arn === arn);
  }

  attachmentsOf(arn: string): number {
    return [...this.roles.values()].filter(({ attached }) => attached.has(arn)).length;
  }
}

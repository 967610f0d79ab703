import { MountproofError, type Random } from "../../../core/index.ts";

/** Lets tokens of another issuer act as an identity: workload identity. All three must match, letter by letter. */
export type FederatedCredential = {
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
};

export type ClientSecret = {
  readonly value: string;
  /** Milliseconds since 1970; never when left out. */
  readonly expires?: number;
};

export type IdentityKind = "application" | "userAssigned" | "systemAssigned";

/** A principal of a tenant: an application, or a managed identity. */
export type Identity = {
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  readonly kind: IdentityKind;
  clientSecrets: ClientSecret[];
  federatedCredentials: FederatedCredential[];
  /** The machine has it: its metadata service gives tokens for it. */
  isAssigned: boolean;
};

export type IdentityInput = {
  readonly clientId: string;
  readonly objectId?: string;
  readonly kind?: IdentityKind;
  readonly clientSecrets?: readonly (string | ClientSecret)[];
  readonly federatedCredentials?: readonly FederatedCredential[];
  /** Managed identities are, unless this says otherwise. */
  readonly isAssigned?: boolean;
};

/** Tenants and who is in them. */
export class Directory {
  readonly #random: Random;
  readonly #tenants = new Map<string, Map<string, Identity>>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Makes a tenant that is not there yet. */
  addTenant(tenantId: string): void {
    if (!this.hasTenant(tenantId)) this.#tenants.set(tenantId.toLowerCase(), new Map());
  }

  hasTenant(tenantId: string): boolean {
    return this.#tenants.has(tenantId.toLowerCase());
  }

  /** Adds an identity, or replaces the one with that client id. */
  put(tenantId: string, input: IdentityInput): Identity {
    this.addTenant(tenantId);
    const kind = input.kind ?? "application";
    const identity: Identity = {
      tenantId,
      clientId: input.clientId,
      objectId: input.objectId ?? this.find(tenantId, input.clientId)?.objectId ?? this.#random.uuid(),
      kind,
      clientSecrets: (input.clientSecrets ?? []).map((secret) =>
        typeof secret === "string" ? { value: secret } : secret,
      ),
      federatedCredentials: [...(input.federatedCredentials ?? [])],
      isAssigned: input.isAssigned ?? kind !== "application",
    };
    this.#tenants.get(tenantId.toLowerCase())?.set(identity.clientId, identity);
    return identity;
  }

  remove(tenantId: string, clientId: string): void {
    this.#tenants.get(tenantId.toLowerCase())?.delete(clientId);
  }

  find(tenantId: string, clientId: string): Identity | undefined {
    return this.#tenants.get(tenantId.toLowerCase())?.get(clientId);
  }

  /** Of any tenant: client ids are unique. */
  identity(clientId: string): Identity {
    for (const tenant of this.#tenants.values()) {
      const found = tenant.get(clientId);
      if (found !== undefined) return found;
    }
    throw new MountproofError("not_found", {
      message: `no tenant has the client "${clientId}"`,
      culprit: { clientId },
    });
  }

  /** What the machine's metadata service may give tokens for. */
  assigned(): Identity[] {
    return [...this.#tenants.values()].flatMap((tenant) => [...tenant.values()]).filter(({ isAssigned }) => isAssigned);
  }
}

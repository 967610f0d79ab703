import type { JsonObject } from "../../../core/go/json.ts";
import type { Namespace } from "../core/namespaces.ts";
import type { TokenEntry } from "../tokens/token.ts";
import type { Fields } from "./fields.ts";

/** What a request does, as policies see it. */
export type Operation = "create" | "read" | "update" | "delete" | "list" | "patch";

/** A request after HTTP was taken off it. */
export type VaultRequest = {
  readonly id: string;
  readonly namespace: Namespace;
  operation: Operation;
  /** Below `/v1/` and below the namespace, decoded; a list ends in a slash. */
  readonly path: string;
  readonly data: JsonObject;
  readonly clientToken: string;
  /** Asked for by `X-Vault-Wrap-TTL`, in seconds. */
  readonly wrapSeconds?: number;
  readonly remoteAddress: string;
  readonly contentType?: string;
};

/** A request as an engine or auth method sees it: authorised, with the path below its mount. */
export type Call = {
  readonly request: VaultRequest;
  readonly operation: Operation;
  /** Below the mount. */
  readonly path: string;
  readonly fields: Fields;
  /** The caller; undefined on unauthenticated paths. */
  readonly token: TokenEntry | undefined;
  /** The caller may do what needs `sudo` here. */
  readonly isSudo: boolean;
};

/** What a login gives the token store. Seconds. */
export type AuthGrant = {
  readonly displayName: string;
  readonly aliasName: string;
  readonly aliasMetadata: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly policies: readonly string[];
  readonly noDefaultPolicy: boolean;
  readonly ttl: number;
  readonly maxTtl: number;
  readonly explicitMaxTtl: number;
  readonly period: number;
  readonly numUses: number;
  readonly boundCidrs: readonly string[];
  readonly tokenType: "service" | "batch";
  /** Asked at every renewal; throws when the role is gone. */
  readonly renew: () => { readonly ttl: number; readonly maxTtl: number; readonly period: number };
};

/** `auth` of a response. */
export type AuthBlock = {
  readonly clientToken: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly leaseSeconds: number;
  readonly renewable: boolean;
  readonly entityId: string;
  readonly tokenType: string;
  readonly orphan: boolean;
  readonly numUses: number;
};

export type WrapBlock = {
  readonly token: string;
  readonly accessor: string;
  readonly ttl: number;
  readonly creationTime: string;
  readonly creationPath: string;
  readonly wrappedAccessor?: string;
};

/** A secret that comes with a lease, or (without `revoke`) one that only names a duration. */
export type SecretBlock = {
  readonly seconds: number;
  readonly renewable: boolean;
  readonly maxSeconds?: number;
  /** Given: the secret is leased, and this takes it back. */
  readonly revoke?: () => void | Promise<void>;
};

/** What an engine answers. Nothing at all is 204, or 404 to a read. */
export type VaultResponse = {
  readonly data?: JsonObject | null;
  /** `data`, already written as JSON: saves writing it again for each read. */
  readonly dataJson?: string;
  readonly auth?: AuthBlock;
  /** A login: the core turns it into a token. */
  readonly grant?: AuthGrant;
  readonly secret?: SecretBlock;
  readonly warnings?: readonly string[];
  /** Another status than 200, with the whole envelope as its body. */
  readonly status?: number;
  /** A body of its own instead of the envelope. */
  readonly raw?: { readonly contentType: string; readonly body: string };
  /** Set by the core. */
  readonly leaseId?: string;
  readonly wrap?: WrapBlock;
};

export type Result = VaultResponse | undefined;

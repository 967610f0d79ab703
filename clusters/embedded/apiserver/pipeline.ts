import type { KubeObject } from "../../../kube/types.ts";
import type { HttpExchange } from "../../../net/index.ts";
import type { Action } from "./auth/attributes.ts";
import type { User } from "./auth/user.ts";
import type { Kind } from "./kinds/kind.ts";

/** What a request asks for (k8s.io/apiserver, RequestInfo). */
export type RequestInfo = {
  readonly isResource: boolean;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the lower-case method. */
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
};

/** One request on its way through authentication, authorisation and its handler. */
export type ApiRequest = {
  readonly exchange: HttpExchange;
  readonly info: RequestInfo;
  readonly user: User;
  /** Notes for the client: each becomes a `Warning: 299` header. */
  readonly warnings: string[];
};

/** Finds out who asks; undefined when the request carries nothing that this one knows. */
export interface Authenticator {
  /** @throws KubeStatusError 401 for credentials that are wrong */
  authenticate(exchange: HttpExchange): User | undefined | Promise<User | undefined>;
}

/** Says whether a user may do something. */
export interface Authorizer {
  authorize(user: User, action: Action): { readonly allowed: boolean; readonly reason: string };
}

export type AdmissionRequest = {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly kind: Kind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: User;
  readonly dryRun: boolean;
  readonly warnings: string[];
};

/**
 * Looks at a write after authorisation. May change `object` in place, before validation; throws KubeStatusError to
 * refuse. Runs in the order of registration.
 */
export interface Admission {
  admit(request: AdmissionRequest, object: KubeObject | undefined, old: KubeObject | undefined): void;
}

/** Answers a kind that is posted and never stored (TokenReview, SubjectAccessReview, …). */
export type Review = (request: ApiRequest, object: KubeObject) => KubeObject | Promise<KubeObject>;

/** Answers the POST of a subresource that is no part of its object (`serviceaccounts/token`). */
export type SubresourceCreate = (
  request: ApiRequest,
  parent: KubeObject,
  object: KubeObject,
) => KubeObject | Promise<KubeObject>;

/** Serves every verb of a subresource that is no part of its object and streams (`pods/log`, `pods/exec`). */
export type SubresourceHandler = (request: ApiRequest, parent: KubeObject) => void | Promise<void>;

/** Serves a path outside the resources (`/openid/v1/jwks`); registered by exact path. */
export type PathHandler = (request: ApiRequest) => void | Promise<void>;

/** Reads a request body of its content type into a JSON object. */
export type BodyDecoder = (body: Buffer) => KubeObject | Promise<KubeObject>;

/** What the parts of the server plug into it. */
export interface ServerExtensions {
  readonly authenticators: Authenticator[];
  /** Absent, only `system:masters` may do anything. */
  authorizer: Authorizer | undefined;
  readonly admissions: Admission[];
  /** By `group/resource`. */
  readonly reviews: Map<string, Review>;
  /** By `group/resource/subresource`. */
  readonly subresourceCreates: Map<string, SubresourceCreate>;
  /** By `group/resource/subresource`; these come before all else. */
  readonly subresources: Map<string, SubresourceHandler>;
  readonly paths: Map<string, PathHandler>;
  /** By media type. */
  readonly decoders: Map<string, BodyDecoder>;
}

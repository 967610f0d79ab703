import type { Clock } from "../../../../../core/index.ts";
import { KubeStatusError } from "../../../../../kube/client.ts";
import type { KubeObject } from "../../../../../kube/types.ts";
import {
  badRequest,
  type FieldError,
  failure,
  invalid,
  invalidObject,
  notFoundObject,
} from "../../validation/field-error.ts";
import type { BoundObject, ServiceAccountTokens, TokenBinding, TokenObjects } from "../service-account-tokens.ts";

const GROUP = "authentication.k8s.io";
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

type Ref = {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
};

type Spec = {
  readonly audiences?: readonly string[] | null;
  readonly expirationSeconds?: number | null;
  readonly boundObjectRef?: Ref | null;
};

export type TokenRequestDeps = {
  readonly clock: Clock;
  readonly objects: TokenObjects;
  readonly tokens: ServiceAccountTokens;
};

/**
 * Answers `POST …/serviceaccounts/<name>/token` (k8s.io/kubernetes, pkg/registry/core/serviceaccount/storage/token.go).
 * @throws KubeStatusError 404 for a missing ServiceAccount or bound object, 409 for another uid, 400 for a pod of
 * another ServiceAccount, 422 for a lifetime out of bounds
 */
export async function createToken(
  deps: TokenRequestDeps,
  at: { readonly namespace: string; readonly name: string },
  request: KubeObject,
): Promise<KubeObject> {
  const { namespace, name } = at;
  const account = deps.objects.find("serviceaccounts", namespace, name);
  if (account === undefined) throw notFoundObject("", "serviceaccounts", name);
  const metadata = request.metadata ?? {};
  if (metadata.name && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  if (metadata.namespace && metadata.namespace !== namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");

  const spec = (request["spec"] ?? {}) as Spec;
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  const errors = validateSeconds("spec.expirationSeconds", seconds);
  if (errors.length > 0) throw invalidObject({ group: GROUP, kind: "TokenRequest", name: metadata.name ?? "" }, errors);
  const binding = bindingOf(deps.objects, namespace, account, spec.boundObjectRef ?? undefined);
  const audiences = spec.audiences?.length ? spec.audiences : deps.tokens.audiences;

  const now = Math.floor(deps.clock.now() / 1000);
  const token = await deps.tokens.issue(binding, audiences, seconds);
  return {
    kind: "TokenRequest",
    apiVersion: `${GROUP}/v1`,
    metadata: {
      name,
      namespace,
      ...(account.metadata.uid === undefined ? {} : { uid: account.metadata.uid }),
      creationTimestamp: timeText(now),
    },
    spec: { audiences: [...audiences], expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timeText(now + seconds) },
  };
}

/** The bounds shared by TokenRequest and CSIDriver's tokenRequests. */
export function validateSeconds(field: string, seconds: number): FieldError[] {
  if (seconds < MIN_SECONDS) return [invalid(field, seconds, "may not specify a duration less than 10 minutes")];
  if (seconds > MAX_SECONDS) return [invalid(field, seconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}

function bindingOf(objects: TokenObjects, namespace: string, account: KubeObject, ref: Ref | undefined): TokenBinding {
  const base = { namespace, serviceAccount: identity(account) };
  if (ref === undefined) return base;
  const { apiVersion = "", kind = "", name = "" } = ref;
  const bound = (resource: "pods" | "secrets" | "nodes", home: string): KubeObject => {
    const object = objects.find(resource, home, name);
    if (object === undefined) throw notFoundObject("", resource, name);
    if (ref.uid && ref.uid !== object.metadata.uid) throw otherUid(kind, name, ref.uid);
    return object;
  };
  if (apiVersion === "v1" && kind === "Pod") {
    const pod = bound("pods", namespace);
    const spec = (pod["spec"] ?? {}) as { serviceAccountName?: string; nodeName?: string };
    if ((spec.serviceAccountName ?? "") !== account.metadata.name)
      throw badRequest(
        `cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`,
      );
    return { ...base, pod: identity(pod), ...nodeOf(objects, spec.nodeName) };
  }
  if (apiVersion === "v1" && kind === "Secret") return { ...base, secret: identity(bound("secrets", namespace)) };
  if (apiVersion === "v1" && kind === "Node") return { ...base, node: identity(bound("nodes", "")) };
  const slash = apiVersion.indexOf("/");
  const [group, version] = slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
}

/** A scheduled pod's token names the node, with its uid when the Node object exists. */
function nodeOf(objects: TokenObjects, nodeName: string | undefined): Pick<TokenBinding, "node"> {
  if (!nodeName) return {};
  const uid = objects.find("nodes", "", nodeName)?.metadata.uid;
  return { node: { name: nodeName, ...(uid === undefined ? {} : { uid }) } };
}

function identity(object: KubeObject): BoundObject {
  return { name: object.metadata.name ?? "", uid: object.metadata.uid ?? "" };
}

function otherUid(kind: string, name: string, uid: string): KubeStatusError {
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  return new KubeStatusError({
    ...failure(409, "Conflict", `Operation cannot be fulfilled on ${kind} "${name}": ${why}`),
    details: { name, kind },
  });
}

function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

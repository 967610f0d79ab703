import { isMountproofError, messageOf } from "../../core/index.ts";
import { type KubeClient, type KubeObject, KubeStatusError, ServiceAccounts } from "../../kube/index.ts";
import { networkFailure, type PodIdentity, tokensOf } from "../kit/index.ts";
import type { IdentityPool } from "./identity.ts";

const TOKEN_SECONDS = 900;
const ANNOTATION = "iam.gke.io/gcp-service-account";
const DELEGATES = "iam.gke.io/gcp-service-account-delegates";

/** Whose rights at Google the ServiceAccount borrows, by its annotations. */
export type Impersonation = { readonly email: string; readonly delegates: string };

/** Reads the ServiceAccount. @throws Error `unable to fetch SA info: …` */
export async function impersonationOf(
  kube: KubeClient,
  pod: PodIdentity,
  signal: AbortSignal,
): Promise<Impersonation | undefined> {
  try {
    const { metadata } = await kube.get(ServiceAccounts, pod.serviceAccount, pod.namespace, { signal });
    const email = metadata.annotations?.[ANNOTATION];
    return email === undefined ? undefined : { email, delegates: metadata.annotations?.[DELEGATES] ?? "" };
  } catch (error) {
    throw new Error(`unable to fetch SA info: ${kubeText(error, "Get", kube, pathOf(pod))}`, { cause: error });
  }
}

/**
 * The pod's token: the one that came with the mount, else one made for the pod.
 * @throws Error with the real provider's words
 */
export async function podToken(
  kube: KubeClient,
  pod: PodIdentity,
  { pool, audience }: IdentityPool,
  given: { readonly attributes: ReadonlyMap<string, string>; readonly secrets?: ReadonlyMap<string, string> },
  signal: AbortSignal,
): Promise<string> {
  let tokens: ReadonlyMap<string, string>;
  try {
    tokens = tokensOf(given.attributes, given.secrets);
  } catch (error) {
    throw new Error(`unable to fetch SA token from driver: ${messageOf(error)}`);
  }
  const brought = [...tokens].find(([key]) => key === pool || key === audience)?.[1];
  if (brought !== undefined) return brought;
  if (hasTokens(given)) throw new Error("unable to fetch SA token from driver: no token has audience value of idPool");
  const request: KubeObject = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: pod.serviceAccount, namespace: pod.namespace },
    spec: {
      audiences: [pool || audience],
      expirationSeconds: TOKEN_SECONDS,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name: pod.name, uid: pod.uid },
    },
  };
  try {
    const made = await kube.create(ServiceAccounts, request, { subresource: "token", signal });
    return (made["status"] as { token: string }).token;
  } catch (error) {
    const why = kubeText(error, "Post", kube, `${pathOf(pod)}/token`);
    throw new Error(`unable to fetch pod token: unable to fetch pod token: ${why}`, { cause: error });
  }
}

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

function hasTokens(given: Parameters<typeof podToken>[3]): boolean {
  return (given.attributes.get(TOKENS) ?? "") !== "" || (given.secrets?.get(TOKENS) ?? "") !== "";
}

function pathOf({ namespace, serviceAccount }: PodIdentity): string {
  return `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}`;
}

/** What client-go says of a refusal or of no answer. */
function kubeText(error: unknown, verb: "Get" | "Post", kube: KubeClient, path: string): string {
  if (error instanceof KubeStatusError || !isMountproofError(error)) return messageOf(error);
  const { hostname, port } = new URL(kube.config.server);
  const { text } = networkFailure(error, { host: hostname, port: Number(port) || 443 });
  return `${verb} ${JSON.stringify(`${kube.config.server}${path}`)}: ${text}`;
}

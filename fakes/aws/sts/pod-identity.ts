import { type Account, contextOf } from "../account.ts";
import { AwsRefusal } from "../errors.ts";
import { isoTime } from "../iam/fields.ts";
import { trusts } from "../policy/evaluate.ts";
import { type TokenCheck, TokenRefused, type TrustedIssuer } from "./token-check.ts";

/** An EKS cluster with the Pod Identity add-on: whose tokens count, and which pods become which role. */
export type PodIdentityCluster = {
  readonly name: string;
  readonly issuer: TrustedIssuer;
  readonly associations: readonly PodIdentityAssociation[];
};

export type PodIdentityAssociation = {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: string;
};

const AUDIENCE = "pods.eks.amazonaws.com";
const PRINCIPAL = { kind: "Service", name: "pods.eks.amazonaws.com" };

/**
 * Answers the Pod Identity agent's one request: the bare token in, the keys of the role that is associated with the
 * pod's ServiceAccount out. The role must trust the service, and let it tag sessions with the pod.
 * @throws AwsRefusal as the agent passes on what EKS refuses
 */
export async function podCredentials(
  token: string,
  account: Account,
  cluster: PodIdentityCluster | undefined,
  keys: TokenCheck,
): Promise<Readonly<Record<string, string>>> {
  if (token === "") throw new AwsRefusal("InvalidRequestException", "Service account token cannot be empty");
  if (cluster === undefined) throw new AwsRefusal("ResourceNotFoundException", "No cluster found", 404);
  const claims = await claimsOf(token, cluster, keys);
  const kubernetes = (claims["kubernetes.io"] ?? {}) as KubernetesClaims;
  const { namespace = "", serviceaccount, pod } = kubernetes;
  const serviceAccount = serviceaccount?.name ?? "";
  const association = cluster.associations.find(
    (one) => one.namespace === namespace && one.serviceAccount === serviceAccount,
  );
  if (association === undefined)
    throw new AwsRefusal(
      "ResourceNotFoundException",
      `No pod identity association found for service account ${namespace}/${serviceAccount}`,
      404,
    );
  const role = account.iam.roleByArn(association.roleArn);
  const may = (action: string): boolean =>
    role !== undefined &&
    trusts(role.trust.statements, {
      action,
      principal: PRINCIPAL,
      context: contextOf({ "aws:SourceAccount": account.id }),
    });
  if (role === undefined || !may("sts:AssumeRole") || !may("sts:TagSession"))
    throw new AwsRefusal(
      "AccessDeniedException",
      "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
      403,
    );
  const tags = new Map([
    ["eks-cluster-name", cluster.name],
    ["eks-cluster-arn", `arn:aws:eks:us-east-1:${account.id}:cluster/${cluster.name}`],
    ["kubernetes-namespace", namespace],
    ["kubernetes-service-account", serviceAccount],
    ["kubernetes-pod-name", pod?.name ?? ""],
    ["kubernetes-pod-uid", pod?.uid ?? ""],
  ]);
  const key = account.assume(role, `eks-${cluster.name}-${(pod?.name ?? "pod").slice(0, 30)}`, { tags });
  return {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    Token: key.sessionToken ?? "",
    AccountId: account.id,
    Expiration: isoTime(key.expires ?? 0),
  };
}

type KubernetesClaims = {
  readonly namespace?: string;
  readonly serviceaccount?: { readonly name?: string };
  readonly pod?: { readonly name?: string; readonly uid?: string };
};

async function claimsOf(token: string, cluster: PodIdentityCluster, keys: TokenCheck) {
  try {
    return (await keys.check(token, [cluster.issuer], [AUDIENCE])).claims;
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    if (error.fault === "expired") throw new AwsRefusal("ExpiredTokenException", "Token is expired", 403);
    throw new AwsRefusal("InvalidTokenException", `Service account token is invalid: ${error.fault}`);
  }
}

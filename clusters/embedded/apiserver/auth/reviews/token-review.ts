import type { KubeObject } from "../../../../../kube/types.ts";
import { badRequest } from "../../validation/field-error.ts";
import type { Authenticator } from "../authenticator.ts";
import { userInfo } from "../user.ts";

/**
 * Answers a TokenReview: 201 whatever the verdict (k8s.io/kubernetes, pkg/registry/authentication/tokenreview).
 * @param ownAudiences asked for when the review names none
 * @throws KubeStatusError 400 without a token
 */
export async function reviewToken(
  authenticator: Authenticator,
  ownAudiences: readonly string[],
  review: KubeObject,
): Promise<KubeObject> {
  const spec = (review["spec"] ?? {}) as { token?: string; audiences?: string[] | null };
  if (!spec.token) throw badRequest("token is required for TokenReview in authentication");
  const verdict = await authenticator.review(spec.token, spec.audiences?.length ? spec.audiences : ownAudiences);
  return {
    ...review,
    kind: "TokenReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: review.metadata ?? {},
    status: verdict.ok
      ? { authenticated: true, user: userInfo(verdict.user), audiences: [...verdict.audiences] }
      : { user: {}, error: verdict.error },
  };
}

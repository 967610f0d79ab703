import { GrpcStatus } from "../../wire/grpc/index.ts";
import { placeOf } from "../rotation/place.ts";
import type { TokenSource } from "../rotation/tokens.ts";
import { ErrorType, goText, PublishFailure } from "./failure.ts";
import { SERVICE_ACCOUNT_TOKENS, type Volume } from "./volume.ts";

/**
 * Before v1.6 a driver to which kubelet sent no tokens asked for them itself.
 * @throws PublishFailure `Unknown`
 */
export async function withOwnTokens(
  attributes: Readonly<Record<string, string>>,
  { pod, context }: Volume,
  tokens: TokenSource | undefined,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  if (tokens === undefined || (attributes[SERVICE_ACCOUNT_TOKENS] ?? "") !== "") return attributes;
  try {
    const serviceAccount = context["csi.storage.k8s.io/serviceAccount.name"] ?? "";
    const { namespace, name, uid } = pod;
    const own = await tokens.tokensFor({ namespace, serviceAccount, pod: { name, uid } }, signal);
    return own === "" ? attributes : { ...attributes, [SERVICE_ACCOUNT_TOKENS]: own };
  } catch (error) {
    const message = `failed to get service account token attrs, err: ${goText(error)}`;
    throw new PublishFailure("class", GrpcStatus.UNKNOWN, message, ErrorType.mount, error);
  }
}

/** The tokens of a pod whose volume goes. */
export function forgetTokens(targetPath: string, tokens: TokenSource | undefined): void {
  tokens?.forget(placeOf(targetPath).podUid);
}

import { type Log, messageOf } from "../../core/index.ts";
import { GrpcStatus, type ServerCall } from "../../wire/grpc/index.ts";
import type { Rules } from "../behaviour.ts";
import { applyPayload, checkPaths, type Payload, REQUESTED_PERMISSION, type WriteContext } from "../payload/index.ts";
import type { ProviderClients } from "../provider/clients.ts";
import { contentBytes, judgeReply, type MountReply, type ObjectVersion } from "../provider/reply.ts";
import { Killed } from "../steps.ts";
import { goJson } from "../text/go-json.ts";
import { codeOf, ErrorType, goText, PublishFailure, type PublishStage } from "./failure.ts";
import { podOf, type Volume } from "./volume.ts";

type Content = Extract<MountReply, { readonly kind: "content" }>;

/** Above this an answer fills a Secret, should it be synced to one (etcd's limit); said in the log only. */
const LARGE_ANSWER_BYTES = 1_048_576;

/** What differs between who asks: kubelet's call, and the reconciler of drivers before v1.6. */
export type Asking = {
  /** Go encodes a map that is not there as null, an empty one as `{}`. */
  readonly noSecrets: "null" | "{}";
  /** What the volume holds; a publish never says. */
  readonly current: readonly ObjectVersion[];
};
const FIRST_ASKING: Asking = { noSecrets: "null", current: [] };

/**
 * Asks the provider for the volume's content.
 * @throws PublishFailure naming the pod, with the provider's code where it gave one
 */
export async function askProvider(
  provider: string,
  attributes: Readonly<Record<string, string>>,
  volume: Volume,
  deps: { readonly providers: ProviderClients; readonly rules: Rules; readonly log: Log },
  call: Pick<ServerCall, "signal" | "deadline">,
  asking: Asking = FIRST_ASKING,
): Promise<Content> {
  const { providers, rules, log } = deps;
  const client = attempt("provider", volume, rules.has("B18") ? ErrorType.none : ErrorType.lookup, () => {
    try {
      return providers.get(provider);
    } catch (error) {
      throw new Error(`error connecting to provider ${JSON.stringify(provider)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  });
  const request = {
    provider,
    attributes: goJson(attributes),
    secrets: Object.keys(volume.secrets).length === 0 ? asking.noSecrets : goJson(volume.secrets),
    targetPath: volume.targetPath,
    permission: String(REQUESTED_PERMISSION),
    current: asking.current,
  };
  const response = await providers.mount(client, request, call).catch((error: unknown) => {
    if (codeOf(error) === GrpcStatus.RESOURCE_EXHAUSTED)
      log.error("a larger answer can be allowed with --max-call-recv-msg-size", { provider });
    throw mountFailed("provider", volume, error, ErrorType.provider);
  });
  const reply = judgeReply(response, rules);
  if (reply.kind === "failed") throw mountFailed("provider", volume, new Error(reply.message), reply.errorType);
  if (contentBytes(response) > LARGE_ANSWER_BYTES)
    log.warn("the provider's answer is larger than a Secret may be", { provider, pod: podOf(volume) });
  return reply;
}

/**
 * @returns whether anything changed; without files nothing is touched
 * @throws PublishFailure `Unknown` with the rule that was broken, or the file system's words
 */
export function writeContent(
  volume: Volume,
  payload: Payload,
  paths: readonly string[],
  context: WriteContext,
): boolean {
  return attempt("write", volume, ErrorType.write, () => {
    if (paths.length === 0) return false;
    checkPaths(paths, context.rules);
    return applyPayload(volume.targetPath, payload, context);
  });
}

function attempt<T>(stage: PublishStage, volume: Volume, errorType: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Killed) throw error;
    throw mountFailed(stage, volume, error, errorType);
  }
}

function mountFailed(stage: PublishStage, volume: Volume, error: unknown, errorType: string): PublishFailure {
  const message = `failed to mount secrets store objects for pod ${podOf(volume)}, err: ${goText(error)}`;
  return new PublishFailure(stage, codeOf(error), message, errorType, error);
}

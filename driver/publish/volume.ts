import type { NodePublishVolumeRequest } from "../../wire/gen/csi_pb.ts";
import { invalidRequest } from "./failure.ts";

const POD_NAME = "csi.storage.k8s.io/pod.name";
const POD_NAMESPACE = "csi.storage.k8s.io/pod.namespace";
const POD_UID = "csi.storage.k8s.io/pod.uid";
export const SERVICE_ACCOUNT_TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

/** One volume of one pod, as kubelet describes it. Pod data may be missing: then they are empty texts. */
export type Volume = {
  readonly id: string;
  readonly targetPath: string;
  readonly context: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly isReadOnly: boolean;
  /** The SecretProviderClass's name; it lives in the pod's namespace. */
  readonly className: string;
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string };
};

/** @throws PublishFailure InvalidArgument for what is missing, in upstream's order */
export function parseVolume(request: NodePublishVolumeRequest): Volume {
  if (request.volumeCapability === undefined) throw invalidRequest("Volume capability missing in request");
  if (request.volumeId === "") throw invalidRequest("Volume ID missing in request");
  if (request.targetPath === "") throw invalidRequest("Target path missing in request");
  const context = request.volumeContext;
  if (Object.keys(context).length === 0) throw invalidRequest("Volume attributes missing in request");
  return {
    id: request.volumeId,
    targetPath: request.targetPath,
    context,
    secrets: request.secrets,
    isReadOnly: request.readonly,
    className: context["secretProviderClass"] ?? "",
    pod: { name: context[POD_NAME] ?? "", namespace: context[POD_NAMESPACE] ?? "", uid: context[POD_UID] ?? "" },
  };
}

/** `namespace/name`, as messages and logs show a pod. */
export function podOf({ pod }: Volume): string {
  return `${pod.namespace}/${pod.name}`;
}

/** `namespace/name` of the volume's SecretProviderClass. */
export function classOf({ pod, className }: Volume): string {
  return `${pod.namespace}/${className}`;
}

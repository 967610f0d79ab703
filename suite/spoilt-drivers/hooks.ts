import { type SecretProviderClassPodStatus, SecretProviderClassPodStatuses } from "../../kube/index.ts";
import type { NodePublishVolumeRequest } from "../../wire/gen/csi_pb.ts";
import { GrpcError } from "../../wire/grpc/index.ts";
import type { SpoiltPlace } from "./spoil.ts";
import { SpoiltVolume } from "./volume.ts";

type Ask = (request: NodePublishVolumeRequest) => Promise<object>;

/** What a spoiler does with a volume once the driver has published it, and with what was there before. */
export const after =
  (change: (volume: SpoiltVolume, before: ReadonlyMap<string, string>, place: SpoiltPlace) => void | Promise<void>) =>
  async (request: NodePublishVolumeRequest, ask: Ask, place: SpoiltPlace): Promise<object> => {
    const volume = new SpoiltVolume(request.targetPath);
    const before = volume.files();
    const reply = await ask(request);
    await change(volume, before, place);
    return reply;
  };

/** What a spoiler does about a failure of the driver's. */
export const failing =
  (answer: (error: GrpcError, request: NodePublishVolumeRequest, place: SpoiltPlace) => object) =>
  async (request: NodePublishVolumeRequest, ask: Ask, place: SpoiltPlace): Promise<object> => {
    try {
      return await ask(request);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      return answer(error, request, place);
    }
  };

/** What a spoiler makes of kubelet's request. */
export const told =
  (change: (request: NodePublishVolumeRequest, place: SpoiltPlace) => NodePublishVolumeRequest) =>
  async (request: NodePublishVolumeRequest, ask: Ask, place: SpoiltPlace): Promise<object> =>
    await ask(change(request, place));

export function statusNameOf({ volumeContext }: NodePublishVolumeRequest): { name: string; namespace: string } {
  const namespace = volumeContext["csi.storage.k8s.io/pod.namespace"] ?? "";
  const pod = volumeContext["csi.storage.k8s.io/pod.name"] ?? "";
  return { name: `${pod}-${namespace}-${volumeContext["secretProviderClass"]}`, namespace };
}

/** What a spoiler does with the status object once the driver has written it. */
export const recorded =
  (
    change: (
      status: SecretProviderClassPodStatus,
      before: SecretProviderClassPodStatus | undefined,
      place: SpoiltPlace,
    ) => Promise<void>,
  ) =>
  async (request: NodePublishVolumeRequest, ask: Ask, place: SpoiltPlace): Promise<object> => {
    const { name, namespace } = statusNameOf(request);
    const look = () => place.kube.find(SecretProviderClassPodStatuses, name, namespace).catch(() => undefined);
    const before = await look();
    const reply = await ask(request);
    const status = await look();
    if (status !== undefined) await change(status, before, place);
    return reply;
  };

/** Where a stored object is. */
export function placeOf({ metadata }: SecretProviderClassPodStatus): { name: string; namespace: string } {
  return { name: metadata.name ?? "", namespace: metadata.namespace ?? "" };
}

export const patched = (body: object) =>
  recorded(async (status, _before, { kube }) => {
    await kube.patch(SecretProviderClassPodStatuses, placeOf(status), "merge", body);
  });

/** The metrics but for those that begin so. */
export function withoutMetrics(prefix: string): (text: string) => string {
  return (text) =>
    text
      .split("\n")
      .filter((line) => !line.startsWith(prefix))
      .join("\n");
}

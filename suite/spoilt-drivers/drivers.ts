import { existsSync, writeFileSync } from "node:fs";
import { MountproofError, seconds } from "../../core/index.ts";
import { type SecretProviderClassPodStatus, SecretProviderClassPodStatuses, Secrets } from "../../kube/index.ts";
import type { NodePublishVolumeRequest } from "../../wire/gen/csi_pb.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import type { Spoiler, SpoiltPlace } from "./spoil.ts";
import { SpoiltVolume, targetsBelow } from "./volume.ts";

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

type Ask = (request: NodePublishVolumeRequest) => Promise<object>;

/** What a spoiler does with a volume once the driver has published it, and with what was there before. */
const after =
  (change: (volume: SpoiltVolume, before: ReadonlyMap<string, string>, place: SpoiltPlace) => void | Promise<void>) =>
  async (request: NodePublishVolumeRequest, ask: Ask, place: SpoiltPlace): Promise<object> => {
    const volume = new SpoiltVolume(request.targetPath);
    const before = volume.files();
    const reply = await ask(request);
    await change(volume, before, place);
    return reply;
  };

/** What a spoiler does about a failure of the driver's. */
const failing =
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
const told =
  (change: (request: NodePublishVolumeRequest, place: SpoiltPlace) => NodePublishVolumeRequest) =>
  async (request: NodePublishVolumeRequest, ask: Ask, place: SpoiltPlace): Promise<object> =>
    await ask(change(request, place));

function statusNameOf({ volumeContext }: NodePublishVolumeRequest): { name: string; namespace: string } {
  const namespace = volumeContext["csi.storage.k8s.io/pod.namespace"] ?? "";
  const pod = volumeContext["csi.storage.k8s.io/pod.name"] ?? "";
  return { name: `${pod}-${namespace}-${volumeContext["secretProviderClass"]}`, namespace };
}

/** What a spoiler does with the status object once the driver has written it. */
const recorded =
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
function placeOf({ metadata }: SecretProviderClassPodStatus): { name: string; namespace: string } {
  return { name: metadata.name ?? "", namespace: metadata.namespace ?? "" };
}

const patched = (body: object) =>
  recorded(async (status, _before, { kube }) => {
    await kube.patch(SecretProviderClassPodStatuses, placeOf(status), "merge", body);
  });

/** Drivers with one defect each (design, rule 6), by profile. Those of the field are `driver/defects.ts`. */
export const SPOILERS: Readonly<Record<string, readonly Spoiler[]>> = {
  "DRIVER-NODE": [
    {
      id: "another-name",
      title: "has another name",
      breaks: [],
      answers: { getPluginInfo: { name: "x", vendorVersion: "1" } },
    },
    { id: "never-ready", title: "is never ready", breaks: [], answers: { probe: { ready: false } } },
    {
      id: "another-node",
      title: "tells another node's id",
      breaks: [],
      answers: { nodeGetInfo: { nodeId: "elsewhere" } },
    },
    {
      id: "grows-volumes",
      title: "answers calls it does not implement",
      breaks: [],
      answers: { nodeExpandVolume: {}, createVolume: {} },
    },
    {
      id: "keeps-old-socket",
      title: "does not start where a socket file was left",
      breaks: [],
      starting: ({ spec }) => {
        const path = spec.endpoint.replace("unix://", "");
        if (existsSync(path)) throw new MountproofError("address_in_use", { message: `"${path}" is taken` });
      },
    },
    {
      id: "takes-anything",
      title: "publishes nothing where arguments are missing",
      breaks: [],
      publish: async (request, ask) => {
        const { volumeId, targetPath, volumeCapability, volumeContext } = request;
        const isWhole = volumeId && targetPath && volumeCapability && Object.keys(volumeContext).length > 0;
        return isWhole ? await ask(request) : {};
      },
    },
    {
      id: "read-write",
      title: "publishes read-write too",
      breaks: [],
      publish: told((request) => ({ ...request, readonly: true })),
    },
    { id: "hides-failures", title: "answers every failed publish with OK", breaks: [], publish: failing(() => ({})) },
    {
      id: "one-code",
      title: "has one code for what providers answer",
      breaks: [],
      publish: failing((error) => {
        const isArgument = error.code === GrpcStatus.INVALID_ARGUMENT;
        throw isArgument ? error : new GrpcError(GrpcStatus.UNKNOWN, error.details);
      }),
    },
    {
      id: "wordless",
      title: "says nothing of why a publish failed",
      breaks: [],
      publish: failing((error) => {
        throw new GrpcError(error.code, "failed");
      }),
    },
    {
      id: "leaves-mount",
      title: "leaves a mount behind where a first publish failed",
      breaks: [],
      publish: failing((error, { targetPath }, { mounter }) => {
        if (targetPath !== "") new SpoiltVolume(targetPath).mount(mounter);
        throw error;
      }),
    },
    {
      id: "remembers-absence",
      title: "never looks again for a provider that was not there",
      breaks: [],
      publish: async (request, ask, { memory }) => {
        const known = memory.get("absent");
        if (known !== undefined) throw known;
        try {
          return await ask(request);
        } catch (error) {
          if (error instanceof GrpcError && error.details.includes("provider not found")) memory.set("absent", error);
          throw error;
        }
      },
    },
    { id: "one-mode", title: "gives every file one mode", breaks: [], publish: after((volume) => volume.chmod(0o600)) },
    {
      id: "truncates",
      title: "writes the first thousand bytes of a file",
      breaks: [],
      publish: after((volume) => volume.truncate(1000)),
    },
    {
      id: "litters",
      title: "leaves a file of its own in the volume",
      breaks: [],
      publish: after((volume) => void (volume.isThere && volume.write("own", "x"))),
    },
    {
      id: "keeps-removed",
      title: "keeps a file that the provider does not return any more",
      breaks: [],
      publish: after((volume, before) => {
        const now = volume.files();
        for (const [path, content] of before) if (!now.has(path)) volume.write(path, content);
      }),
    },
    {
      id: "mixes",
      title: "leaves one of several files at its old version",
      breaks: [],
      publish: after((volume, before) => {
        const changed = [...volume.files()].filter(
          ([path, content]) => before.has(path) && before.get(path) !== content,
        );
        const [first] = changed.length > 1 ? changed : [];
        if (first !== undefined) volume.write(first[0], before.get(first[0]) ?? "");
      }),
    },
    {
      id: "rewrites",
      title: "touches a volume in which nothing changed",
      breaks: [],
      publish: after((volume, before) => void (before.size > 0 && volume.touch())),
    },
    {
      id: "tidies",
      title: "removes files that are not its own",
      breaks: [],
      publish: after((volume) => volume.removePlainFiles()),
    },
    {
      id: "forgets-unmount",
      title: "leaves the volume at an unpublish",
      breaks: [],
      unpublish: async (request, ask) => (request.volumeId && request.targetPath ? {} : await ask(request)),
    },
    {
      id: "unpublishes-once",
      title: "fails to unpublish what is not there",
      breaks: [],
      unpublish: async (request, ask) => {
        if (request.targetPath !== "" && !existsSync(request.targetPath))
          throw new GrpcError(GrpcStatus.NOT_FOUND, "no such volume");
        return await ask(request);
      },
    },
    {
      id: "unpublishes-anything",
      title: "unpublishes nothing where arguments are missing",
      breaks: [],
      unpublish: async (request, ask) => (request.volumeId && request.targetPath ? await ask(request) : {}),
    },
    {
      id: "tokenless",
      title: "keeps the pod's tokens to itself",
      breaks: [],
      publish: told((request) => {
        const { [TOKENS]: _, ...volumeContext } = request.volumeContext;
        const { [TOKENS]: __, ...secrets } = request.secrets;
        return { ...request, volumeContext, secrets };
      }),
    },
    {
      id: "first-tokens",
      title: "asks with the first tokens for ever",
      breaks: [],
      publish: told((request, { memory }) => {
        const tokens = request.volumeContext[TOKENS];
        if (tokens === undefined) return request;
        if (!memory.has("tokens")) memory.set("tokens", tokens);
        return { ...request, volumeContext: { ...request.volumeContext, [TOKENS]: String(memory.get("tokens")) } };
      }),
    },
    {
      id: "secretless",
      title: "keeps the referenced Secret to itself",
      breaks: [],
      publish: told((request) => ({ ...request, secrets: {} })),
    },
    {
      id: "no-health-checks",
      title: "never checks its providers' health",
      breaks: [],
      spec: (spec) => ({ ...spec, providerHealthCheck: false }),
    },
    {
      id: "fixed-limit",
      title: "accepts answers of up to 16 MiB, whatever it is told",
      breaks: [],
      spec: (spec) => ({ ...spec, maxCallRecvMsgSize: 2 ** 24 }),
    },
    {
      id: "deaf-to-limit",
      title: "accepts answers of up to 4 MiB, whatever it is told",
      breaks: [],
      spec: (spec) => ({ ...spec, maxCallRecvMsgSize: 2 ** 22 }),
    },
    {
      id: "other-folder-first",
      title: "looks for providers in the wrong order",
      breaks: [],
      spec: (spec) => ({
        ...spec,
        providersDir: spec.additionalProvidersDirs ?? "",
        additionalProvidersDirs: spec.providersDir ?? "",
      }),
    },
    {
      id: "ownerless",
      title: "writes a status object that belongs to nobody",
      breaks: [],
      publish: patched({ metadata: { ownerReferences: null } }),
    },
    {
      id: "unlabelled",
      title: "writes a status object that names no node",
      breaks: [],
      publish: patched({ metadata: { labels: null } }),
    },
    {
      id: "late-status",
      title: "writes the status object after it has answered",
      breaks: [],
      publish: recorded(async (status, before, { kube, spec: { clock } }) => {
        if (before !== undefined) return;
        const { labels = {}, ownerReferences = [] } = status.metadata;
        await kube.delete(SecretProviderClassPodStatuses, placeOf(status));
        const again = { ...status, metadata: { ...placeOf(status), labels, ownerReferences } };
        clock.timer(seconds(1), () => void kube.create(SecretProviderClassPodStatuses, again).catch(() => {}));
      }),
    },
  ],
  "DRIVER-ROTATION": [
    {
      id: "never-rotates",
      title: "takes a published volume as it is",
      breaks: [],
      publish: async (request, ask) => (new SpoiltVolume(request.targetPath).isThere ? {} : await ask(request)),
    },
    {
      id: "hasty",
      title: "rotates at every republish",
      breaks: [],
      spec: (spec) => ({ ...spec, rotationPollIntervalMs: 1 }),
    },
    {
      id: "old-status",
      title: "rotates the files and not the status object",
      breaks: [],
      publish: recorded(async (status, before, { kube }) => {
        if (before === undefined) return;
        await kube.patch(SecretProviderClassPodStatuses, placeOf(status), "merge", { status: before.status });
      }),
    },
    {
      id: "old-secret",
      title: "rotates the files and not the Secret",
      breaks: [],
      publish: async (request, ask, { kube }) => {
        const { namespace } = statusNameOf(request);
        const look = () => kube.find(Secrets, "db", namespace).catch(() => undefined);
        const before = await look();
        const reply = await ask(request);
        if (before !== undefined && (await look())?.["data"] !== undefined)
          await kube.patch(Secrets, { name: "db", namespace }, "merge", { data: before["data"] });
        return reply;
      },
    },
    {
      id: "old-files",
      title: "rotates the status object and not the files",
      breaks: [],
      publish: after((volume, before) => {
        for (const [path, content] of before) volume.write(path, content);
      }),
    },
    {
      id: "not-masked",
      title: "fails a republish whose rotation failed",
      breaks: [],
      spec: (spec) => ({ ...spec, republishErrors: "return" }),
    },
    {
      id: "always-masked",
      title: "never fails a republish, whatever it is told",
      breaks: [],
      spec: (spec) => ({ ...spec, republishErrors: "mask" }),
    },
    {
      id: "wipes-on-failure",
      title: "empties a volume whose rotation failed",
      breaks: [],
      publish: async (request, ask, { driver }) => {
        const failures = () =>
          driver.metrics
            .text()
            .split("\n")
            .filter((line) => line.startsWith("rotation_reconcile_error_total"))
            .join();
        const before = failures();
        const reply = await ask(request);
        if (failures() !== before) new SpoiltVolume(request.targetPath).empty();
        return reply;
      },
    },
    {
      id: "chatters",
      title: "asks the API server at every call",
      breaks: [],
      publish: async (request, ask, { kube }) => {
        const { name, namespace } = statusNameOf(request);
        await kube.find(SecretProviderClassPodStatuses, name, namespace).catch(() => undefined);
        return await ask(request);
      },
    },
    {
      id: "writes-always",
      title: "writes the status object though nothing changed",
      breaks: [],
      publish: patched({ status: { mounted: true } }),
    },
    { id: "uncounted-rotations", title: "does not count rotations", breaks: [], metrics: without("rotation_") },
  ],
  OPERATIONS: [
    { id: "uncounted", title: "counts nothing", breaks: [], metrics: () => "" },
    {
      id: "unlabelled-metrics",
      title: "says of no metric on which system",
      breaks: [],
      metrics: (text) => text.replaceAll('os_type="linux"', 'os_type=""'),
    },
    {
      id: "unlabelled-errors",
      title: "counts every error as one kind",
      breaks: [],
      metrics: (text) => text.replaceAll(/error_type="[^"]*"/g, 'error_type="Unknown"'),
    },
    {
      id: "forgets-volumes",
      title: "takes volumes away when it starts",
      breaks: [],
      starting: ({ spec, mounter }) => {
        for (const target of targetsBelow(spec.kubeletRootDir ?? "")) new SpoiltVolume(target).takeAway(mounter);
      },
    },
    {
      id: "dies-of-sigterm",
      title: "drops the calls under way when it is told to stop",
      breaks: [],
      diesOfDrain: true,
    },
    {
      id: "trusts-its-notes",
      title: "takes a volume for published because it once was",
      breaks: [],
      publish: async (request, ask) => {
        const note = `${request.targetPath}.note`;
        if (existsSync(note)) return {};
        const reply = await ask(request);
        writeFileSync(note, "published");
        return reply;
      },
    },
    {
      id: "asks-before-unpublish",
      title: "asks the API server before it unpublishes",
      breaks: [],
      unpublish: async (request, ask, { kube }) => {
        try {
          await kube.find(SecretProviderClassPodStatuses, "any", "shop");
        } catch {
          throw new GrpcError(GrpcStatus.UNAVAILABLE, "the API server does not answer");
        }
        return await ask(request);
      },
    },
    {
      id: "asks-provider-before-unpublish",
      title: "needs the provider to unpublish",
      breaks: [],
      unpublish: async (request, ask, { spec }) => {
        if (!existsSync(`${spec.providersDir}/scripted.sock`))
          throw new GrpcError(GrpcStatus.UNAVAILABLE, "the provider is not there");
        return await ask(request);
      },
    },
    {
      id: "pulls-away",
      title: "detaches a volume in which somebody works",
      breaks: [],
      unpublish: async (request, ask, { mounter }) => {
        try {
          return await ask(request);
        } catch (error) {
          if (!(error instanceof GrpcError) || !error.details.includes("busy")) throw error;
          new SpoiltVolume(request.targetPath).takeAway(mounter);
          return {};
        }
      },
    },
    {
      id: "once-is-enough",
      title: "answers the repetition of a publish that was given up with OK",
      breaks: [],
      publish: async (request, ask, { memory }) => {
        const key = `begun ${request.targetPath}`;
        if (memory.has(key) && !new SpoiltVolume(request.targetPath).isThere) return {};
        memory.set(key, true);
        return await ask(request);
      },
    },
    {
      id: "ownerless-after-move",
      title: "keeps the first owner of a status object",
      breaks: [],
      publish: recorded(async (status, before, { kube }) => {
        if (before === undefined) return;
        const { labels = {}, ownerReferences = [] } = before.metadata;
        await kube.patch(SecretProviderClassPodStatuses, placeOf(status), "merge", {
          metadata: { labels, ownerReferences },
        });
      }),
    },
  ],
};

function without(prefix: string): (text: string) => string {
  return (text) =>
    text
      .split("\n")
      .filter((line) => !line.startsWith(prefix))
      .join("\n");
}

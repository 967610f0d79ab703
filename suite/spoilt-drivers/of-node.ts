import { existsSync } from "node:fs";
import { MountproofError, seconds } from "../../core/index.ts";
import { SecretProviderClassPodStatuses } from "../../kube/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import { after, failing, patched, placeOf, recorded, told } from "./hooks.ts";
import type { Spoiler } from "./spoil.ts";
import { SpoiltVolume } from "./volume.ts";

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

export const NODE_SPOILERS: readonly Spoiler[] = [
  {
    id: "another-name",
    title: "has another name",
    breaks: ["CSI-01"],
    answers: { getPluginInfo: { name: "x", vendorVersion: "1" } },
  },
  { id: "never-ready", title: "is never ready", breaks: ["CSI-02"], answers: { probe: { ready: false } } },
  {
    id: "another-node",
    title: "tells another node's id",
    breaks: ["CSI-06"],
    answers: { nodeGetInfo: { nodeId: "elsewhere" } },
  },
  {
    id: "grows-volumes",
    title: "answers calls it does not implement",
    breaks: ["CSI-05", "CSI-09"],
    answers: { nodeExpandVolume: {}, createVolume: {} },
  },
  {
    id: "keeps-old-socket",
    title: "does not start where a socket file was left",
    breaks: ["CSI-19"],
    starting: ({ spec }) => {
      const path = spec.endpoint.replace("unix://", "");
      if (existsSync(path)) throw new MountproofError("address_in_use", { message: `"${path}" is taken` });
    },
  },
  {
    id: "takes-anything",
    title: "publishes nothing where arguments are missing",
    breaks: ["CSI-10"],
    publish: async (request, ask) => {
      const { volumeId, targetPath, volumeCapability, volumeContext } = request;
      const isWhole = volumeId && targetPath && volumeCapability && Object.keys(volumeContext).length > 0;
      return isWhole ? await ask(request) : {};
    },
  },
  {
    id: "read-write",
    title: "publishes read-write too",
    breaks: ["CSI-15"],
    publish: told((request) => ({ ...request, readonly: true })),
  },
  {
    id: "hides-failures",
    title: "answers every failed publish with OK",
    breaks: [
      "CSI-10",
      "CSI-11",
      "CSI-12",
      "CSI-13",
      "CSI-14",
      "CSI-15",
      "MNT-05",
      "MNT-05h",
      "MNT-15",
      "MNT-18",
      "PC-19",
      "PC-21",
      "PC-22",
      "PC-24",
      "PC-26",
      "PC-27",
      "PC-30",
    ],
    publish: failing(() => ({})),
  },
  {
    id: "one-code",
    title: "has one code for what providers answer",
    breaks: ["PC-22", "PC-24", "PC-30", "MNT-15"],
    publish: failing((error) => {
      const isArgument = error.code === GrpcStatus.INVALID_ARGUMENT;
      throw isArgument ? error : new GrpcError(GrpcStatus.UNKNOWN, error.details);
    }),
  },
  {
    id: "wordless",
    title: "says nothing of why a publish failed",
    breaks: [
      "CSI-10",
      "CSI-11",
      "CSI-12",
      "CSI-13",
      "CSI-14",
      "CSI-15",
      "MNT-05",
      "MNT-18",
      "PC-19",
      "PC-21",
      "PC-22",
      "PC-26",
      "PC-27",
      "PC-30",
    ],
    publish: failing((error) => {
      throw new GrpcError(error.code, "failed");
    }),
  },
  {
    id: "leaves-mount",
    title: "leaves a mount behind where a first publish failed",
    breaks: ["CSI-10", "CSI-11", "CSI-12", "MNT-05", "MNT-05h", "MNT-15", "MNT-18", "PC-19", "PC-21"],
    publish: failing((error, { targetPath }, { mounter }) => {
      if (targetPath !== "") new SpoiltVolume(targetPath).mount(mounter);
      throw error;
    }),
  },
  {
    id: "remembers-absence",
    title: "never looks again for a provider that was not there",
    breaks: ["PC-29"],
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
  {
    id: "one-mode",
    title: "gives every file one mode",
    breaks: ["MNT-03", "MNT-04h", "MNT-10h"],
    publish: after((volume) => volume.chmod(0o600)),
  },
  {
    id: "truncates",
    title: "writes the first thousand bytes of a file",
    breaks: ["MNT-02", "PC-30a"],
    publish: after((volume) => volume.truncate(1000)),
  },
  {
    id: "litters",
    title: "leaves a file of its own in the volume",
    breaks: ["MNT-02", "MNT-03", "MNT-06", "MNT-07", "MNT-20h", "PC-30a"],
    publish: after((volume) => volume.writeBeside("own", "x")),
  },
  {
    id: "keeps-removed",
    title: "keeps a file that the provider does not return any more",
    breaks: ["MNT-07"],
    publish: after((volume, before) => {
      const now = volume.files();
      for (const [path, content] of before) if (!now.has(path)) volume.writeBeside(path, content);
    }),
  },
  {
    id: "mixes",
    title: "leaves one of several files at its old version",
    breaks: ["MNT-08"],
    publish: after((volume, before) => {
      const changed = [...volume.files()].filter(([path, content]) => before.has(path) && before.get(path) !== content);
      const [first] = changed.length > 1 ? changed : [];
      if (first !== undefined) volume.write(first[0], before.get(first[0]) ?? "");
    }),
  },
  {
    id: "rewrites",
    title: "touches a volume in which nothing changed",
    breaks: ["MNT-09"],
    publish: after((volume, before) => void (before.size > 0 && volume.touch())),
  },
  {
    id: "tidies",
    title: "removes files that are not its own",
    breaks: ["MNT-12", "PC-31"],
    publish: after((volume) => volume.removePlainFiles()),
  },
  {
    id: "forgets-unmount",
    title: "leaves the volume at an unpublish",
    breaks: ["CSI-18", "CSI-20h"],
    unpublish: async (request, ask) => (request.volumeId && request.targetPath ? {} : await ask(request)),
  },
  {
    id: "unpublishes-once",
    title: "fails to unpublish what is not there",
    breaks: ["CSI-17"],
    unpublish: async (request, ask) => {
      if (request.volumeId !== "" && request.targetPath !== "" && !existsSync(request.targetPath))
        throw new GrpcError(GrpcStatus.NOT_FOUND, "no such volume");
      return await ask(request);
    },
  },
  {
    id: "unpublishes-anything",
    title: "unpublishes nothing where arguments are missing",
    breaks: ["CSI-16"],
    unpublish: async (request, ask) => (request.volumeId && request.targetPath ? await ask(request) : {}),
  },
  {
    id: "tokenless",
    title: "keeps the pod's tokens to itself",
    breaks: ["AUT-01", "AUT-02", "AUT-03", "AUT-06"],
    publish: told((request) => {
      const { [TOKENS]: _, ...volumeContext } = request.volumeContext;
      const { [TOKENS]: __, ...secrets } = request.secrets;
      return { ...request, volumeContext, secrets };
    }),
  },
  {
    id: "first-tokens",
    title: "asks with the first tokens for ever",
    breaks: ["AUT-06"],
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
    breaks: ["AUT-02", "AUT-03", "AUT-05"],
    publish: told((request) => ({ ...request, secrets: {} })),
  },
  {
    id: "no-health-checks",
    title: "never checks its providers' health",
    breaks: ["PC-32"],
    spec: (spec) => ({ ...spec, providerHealthCheck: false }),
  },
  {
    id: "fixed-limit",
    title: "accepts answers of up to 16 MiB, whatever it is told",
    breaks: ["PC-30"],
    spec: (spec) => ({ ...spec, maxCallRecvMsgSize: 2 ** 24 }),
  },
  {
    id: "deaf-to-limit",
    title: "accepts answers of up to 4 MiB, whatever it is told",
    breaks: ["PC-30a"],
    spec: (spec) => ({ ...spec, maxCallRecvMsgSize: 2 ** 22 }),
  },
  {
    id: "other-folder-first",
    title: "looks for providers in the wrong order",
    breaks: ["PC-28"],
    spec: (spec) => ({
      ...spec,
      providersDir: spec.additionalProvidersDirs ?? "",
      additionalProvidersDirs: spec.providersDir ?? "",
    }),
  },
  {
    id: "ownerless",
    title: "writes a status object that belongs to nobody",
    breaks: ["MNT-16", "MNT-17"],
    publish: patched({ metadata: { ownerReferences: null } }),
  },
  {
    id: "unlabelled",
    title: "writes a status object that names no node",
    breaks: ["MNT-16", "MNT-17"],
    publish: patched({ metadata: { labels: null } }),
  },
  {
    id: "late-status",
    title: "writes the status object after it has answered",
    breaks: ["MNT-16", "MNT-19", "MNT-22h"],
    publish: recorded(async (status, before, { kube, spec: { clock } }) => {
      if (before !== undefined) return;
      const { labels = {}, ownerReferences = [] } = status.metadata;
      await kube.delete(SecretProviderClassPodStatuses, placeOf(status));
      const again = { ...status, metadata: { ...placeOf(status), labels, ownerReferences } };
      clock.timer(seconds(1), () => void kube.create(SecretProviderClassPodStatuses, again).catch(() => {}));
    }),
  },
];

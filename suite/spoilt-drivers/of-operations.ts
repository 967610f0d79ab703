import { existsSync, writeFileSync } from "node:fs";
import { SecretProviderClassPodStatuses } from "../../kube/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import { placeOf, recorded } from "./hooks.ts";
import type { Spoiler } from "./spoil.ts";
import { SpoiltVolume, targetsBelow } from "./volume.ts";

export const OPERATIONS_SPOILERS: readonly Spoiler[] = [
  {
    id: "uncounted",
    title: "counts nothing",
    breaks: ["MET-01", "MET-02h", "MET-03", "MET-04", "MET-05"],
    metrics: () => "",
  },
  {
    id: "unlabelled-metrics",
    title: "says of no metric on which system",
    breaks: ["MET-01", "MET-04"],
    metrics: (text) => text.replaceAll('os_type="linux"', 'os_type=""'),
  },
  {
    id: "unlabelled-errors",
    title: "counts every error as one kind",
    breaks: ["MET-02h", "MET-03"],
    metrics: (text) => text.replaceAll(/error_type="[^"]*"/g, 'error_type="Unknown"'),
  },
  {
    id: "forgets-volumes",
    title: "takes volumes away when it starts",
    breaks: ["UPG-01", "REC-02"],
    starting: ({ spec, mounter }) => {
      for (const target of targetsBelow(spec.kubeletRootDir ?? "")) new SpoiltVolume(target).takeAway(mounter);
    },
  },
  {
    id: "dies-of-sigterm",
    title: "drops the calls under way when it is told to stop",
    breaks: ["UPG-08"],
    diesOfDrain: true,
  },
  {
    id: "trusts-its-notes",
    title: "takes a volume for published because it once was",
    breaks: ["REC-08", "REC-02", "REC-06", "REC-07", "UPG-04", "UPG-06h", "UPG-11h"],
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
    breaks: ["REC-05"],
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
    breaks: ["UPG-10", "UPG-07a"],
    unpublish: async (request, ask, { spec }) => {
      if (!existsSync(`${spec.providersDir}/scripted.sock`))
        throw new GrpcError(GrpcStatus.UNAVAILABLE, "the provider is not there");
      return await ask(request);
    },
  },
  {
    id: "pulls-away",
    title: "detaches a volume in which somebody works",
    breaks: ["REC-09", "REC-09a"],
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
    breaks: ["REC-10"],
    publish: async (request, ask, { memory }) => {
      const key = `begun ${request.targetPath}`;
      if (memory.has(key) && new SpoiltVolume(request.targetPath).isEmpty) return {};
      memory.set(key, true);
      return await ask(request);
    },
  },
  {
    id: "ownerless-after-move",
    title: "keeps the first owner of a status object",
    breaks: ["UPG-05"],
    publish: recorded(async (status, before, { kube }) => {
      if (before === undefined) return;
      const { labels = {}, ownerReferences = [] } = before.metadata;
      await kube.patch(SecretProviderClassPodStatuses, placeOf(status), "merge", {
        metadata: { labels, ownerReferences },
      });
    }),
  },
];

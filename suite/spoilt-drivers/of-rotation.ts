import { SecretProviderClassPodStatuses, Secrets } from "../../kube/index.ts";
import { after, patched, placeOf, recorded, statusNameOf, withoutMetrics } from "./hooks.ts";
import type { Spoiler } from "./spoil.ts";
import { SpoiltVolume } from "./volume.ts";

/** Those that look at the API server themselves are seen by ROT-02a, too: an idle republish costs it nothing. */
export const ROTATION_SPOILERS: readonly Spoiler[] = [
  {
    id: "never-rotates",
    title: "takes a published volume as it is",
    breaks: [
      "ROT-03",
      "ROT-03a",
      "ROT-04a",
      "ROT-05a",
      "ROT-05h",
      "ROT-05i",
      "ROT-06",
      "ROT-08",
      "ROT-09",
      "ROT-09a",
      "ROT-10h",
      "ROT-11",
      "ROT-18h",
      "ROT-18i",
      "ROT-19",
      "ROT-20h",
      "ROT-21",
    ],
    publish: async (request, ask) => (new SpoiltVolume(request.targetPath).isThere ? {} : await ask(request)),
  },
  {
    id: "hasty",
    title: "rotates at every republish",
    breaks: ["ROT-02", "ROT-02a", "ROT-04a", "ROT-18h"],
    spec: (spec) => ({ ...spec, rotationPollIntervalMs: 1 }),
  },
  {
    id: "old-status",
    title: "rotates the files and not the status object",
    breaks: ["ROT-03a", "ROT-09a", "ROT-19", "ROT-02a", "ROT-04h"],
    publish: recorded(async (status, before, { kube }) => {
      if (before === undefined) return;
      await kube.patch(SecretProviderClassPodStatuses, placeOf(status), "merge", { status: before.status });
    }),
  },
  {
    id: "old-secret",
    title: "rotates the files and not the Secret",
    breaks: ["ROT-08", "ROT-10h", "ROT-02a"],
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
    breaks: ["ROT-03", "ROT-18i"],
    publish: after((volume, before) => {
      for (const [path, content] of before) volume.write(path, content);
    }),
  },
  {
    id: "not-masked",
    title: "fails a republish whose rotation failed",
    breaks: ["ROT-05", "ROT-05h", "ROT-05i", "ROT-07h", "ROT-13"],
    spec: (spec) => ({ ...spec, republishErrors: "return" }),
  },
  {
    id: "always-masked",
    title: "never fails a republish, whatever it is told",
    breaks: ["ROT-20h"],
    spec: (spec) => ({ ...spec, republishErrors: "mask" }),
  },
  {
    id: "wipes-on-failure",
    title: "empties a volume whose rotation failed",
    breaks: ["ROT-05", "ROT-07h", "ROT-13", "ROT-14h"],
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
    breaks: ["ROT-02a"],
    publish: async (request, ask, { kube }) => {
      const { name, namespace } = statusNameOf(request);
      await kube.find(SecretProviderClassPodStatuses, name, namespace).catch(() => undefined);
      return await ask(request);
    },
  },
  {
    id: "writes-always",
    title: "writes the status object though nothing changed",
    breaks: ["ROT-04h", "ROT-02a"],
    publish: patched({ status: { mounted: true } }),
  },
  {
    id: "uncounted-rotations",
    title: "does not count rotations",
    breaks: ["ROT-05a", "ROT-11"],
    metrics: withoutMetrics("rotation_"),
  },
];

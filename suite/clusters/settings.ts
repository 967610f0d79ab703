import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { MountproofError, messageOf } from "../../core/index.ts";

const Schema = z.strictObject({
  /** The Vault that pods reach as http://vault.vault.svc:8200, with kubernetes auth against this cluster. */
  vault: z
    .strictObject({
      /** How this machine reaches it. */
      admin: z.url(),
      token: z.string().min(1),
      /** What `auth/kubernetes/config` is written with, where that is not what the guide says. */
      /** It is this project's fake: it may be sealed and made to fail, by its control API. */
      isFake: z.boolean().exactOptional(),
      kubernetesAuth: z.record(z.string(), z.unknown()).exactOptional(),
    })
    .exactOptional(),
  /** Fake clouds in the cluster, at the clouds' own names: how this machine reaches the control API of each. */
  clouds: z
    .strictObject({
      /** Who issued their certificates, PEM: providers are told to trust it. */
      trustedCaPem: z.string().min(1),
      aws: z.url().exactOptional(),
      azure: z.url().exactOptional(),
      gcp: z.url().exactOptional(),
    })
    .exactOptional(),
  /** Which image stands for which: `myapp:latest: busybox:1.36`. */
  images: z.record(z.string(), z.string()).default({}),
  /** What application containers run, so that they stay. */
  command: z.array(z.string()).min(1).default(["sleep", "86400"]),
});

export type ClusterSettings = z.infer<typeof Schema>;

/** What the guides' applications are run as where nothing else is said: it has a shell, find, stat and base64. */
const APP_IMAGES = { "myapp:latest": "busybox:1.36" } as const;

/** @throws MountproofError `invalid_config` naming file and field */
export async function readClusterSettings(file: string | undefined): Promise<ClusterSettings> {
  if (file === undefined) return { images: { ...APP_IMAGES }, command: ["sleep", "86400"] };
  const broken = (why: string, cause?: unknown): MountproofError =>
    new MountproofError("invalid_config", {
      message: `the cluster's settings "${file}" are of no use: ${why}`,
      hint: "for example: vault: { admin: 'http://127.0.0.1:8200', token: … }",
      cause,
    });
  let value: unknown;
  try {
    value = parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw broken(messageOf(cause), cause);
  }
  const read = Schema.safeParse(value ?? {});
  if (!read.success) throw broken(z.prettifyError(read.error), read.error);
  return { ...read.data, images: { ...APP_IMAGES, ...read.data.images } };
}
